import { mkdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../contracts/app-error.js';

/** What lies in the folder that `startPostgres` is given; all of it 0600 or 0700. */
export interface PostgresFolder {
  root: string;
  /** PostgreSQL's own data folder. It exists when, and only when, it is complete. */
  data: string;
  /** The password of the user `trainyard`, made when the data was. */
  passwordFile: string;
  /** Of the user that gateway and worker are. */
  applicationPasswordFile: string;
  logFile: string;
}

/**
 * Makes the folder when it is new.
 *
 * @throws AppError `conflict` when it belongs to another user: PostgreSQL would refuse it with less to go by
 */
export function openPostgresFolder(folder: string): PostgresFolder {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Without links, so that every start names it alike.
  const root = realpathSync(folder);
  const owner = statSync(root).uid;
  const user = process.geteuid?.();
  if (user !== undefined && owner !== user) {
    throw new AppError(
      'conflict',
      `The folder ${root} belongs to user ${owner}, and this is user ${user}: start Trainyard as the one that ` +
        'made the folder, or give it another one with TRAINYARD_HOME.',
    );
  }
  return {
    root,
    data: path.join(root, 'data'),
    passwordFile: path.join(root, 'password'),
    applicationPasswordFile: path.join(root, 'application-password'),
    logFile: path.join(root, 'postgres.log'),
  };
}
