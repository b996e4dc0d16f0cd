import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { AppError } from '../contracts/app-error.js';
import type { PostgresFolder } from './postgres-folder.js';
import { spawnTied } from './tied-process.js';

const unfinished = 'data.init-';

/**
 * Makes the data folder when there is none: in a folder beside it, which gets its name when it is complete. What
 * an interrupted start left is removed by the next one, so call it under the folder's lock.
 *
 * @param initdb the command, with what must stand before it
 * @param durable whether a crash of the machine right afterwards must not lose it (0.2 s)
 */
export async function initPostgres(
  folder: PostgresFolder,
  initdb: readonly string[],
  durable: boolean,
): Promise<void> {
  for (const name of readdirSync(folder.root)) {
    // An initdb whose parent was killed a moment ago may still be writing there: hence the retries.
    if (name.startsWith(unfinished)) {
      rmSync(path.join(folder.root, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    }
  }
  if (existsSync(folder.data)) return;

  // First the password: data without one could not be opened, a password without data is written anew.
  const password = randomBytes(24).toString('base64url');
  writeFileSync(folder.passwordFile, password, { mode: 0o600, flush: durable });
  const target = mkdtempSync(path.join(folder.root, unfinished));
  const said: string[] = [];
  const running = await spawnTied(
    [
      ...initdb,
      '-D',
      target,
      '--username=trainyard',
      `--pwfile=${folder.passwordFile}`,
      '--auth=scram-sha-256',
      // Without these the database takes its encoding from LANG: SQL_ASCII when there is none.
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(durable ? [] : ['--no-sync']),
    ],
    (line) => said.push(line),
  );
  const { code, signal } = await running.exited;
  if (code !== 0) {
    rmSync(target, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    throw new AppError('unavailable', `initdb ended with ${signal ?? code}: ${said.join('\n')}`, {
      where: folder.root,
    });
  }
  renameSync(target, folder.data);
  if (durable) syncFolder(folder.root);
}

/** A new name lasts only once its folder is on the disk. Windows has no such call, and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
