import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError } from '../contracts/app-error.js';

const namespace = ['--user', '--map-user=1000', '--map-group=1000'];

/**
 * What to put before a command of PostgreSQL, which refuses to run as root. A user namespace makes root look like
 * an ordinary user to it, while files stay root's: switching to another user would need a user, a chown, and
 * binaries and data that lie where that user can reach them (a project under /root does not).
 *
 * @returns nothing for an ordinary user
 * @throws AppError `unavailable` when this is root and the system allows no namespaces
 */
export async function unprivilegedPrefix(): Promise<string[]> {
  if (process.geteuid?.() !== 0) return [];
  try {
    await promisify(execFile)('unshare', [...namespace, 'true']);
    return ['unshare', ...namespace];
  } catch (cause) {
    throw new AppError(
      'unavailable',
      'PostgreSQL does not run as root, and this system does not let root make a user namespace ' +
        '(`unshare --user`; containers usually forbid it). Start Trainyard as an ordinary user ' +
        '(docker run --user 1000), or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}
