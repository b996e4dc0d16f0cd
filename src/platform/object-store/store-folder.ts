import { lstat, mkdir, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../contracts/app-error.js';
import { isErrno, isMissing } from './errno.js';

/**
 * The absolute path of a folder below a root, or undefined when it is not there.
 *
 * A symbolic link on the way is refused: names made from keys cannot lead out of the root, but a link that
 * somebody laid into it could.
 *
 * @param root its own real path
 */
export async function findStoreFolder(root: string, segments: string[]): Promise<string | undefined> {
  const folder = path.join(root, ...segments);
  try {
    if ((await realpath(folder)) === folder) return folder;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  throw linkError(folder);
}

/** Makes the folder level by level, so that not one of them is made behind a link, and each one is durable. */
export async function makeStoreFolder(root: string, segments: string[]): Promise<string> {
  const there = await findStoreFolder(root, segments);
  if (there !== undefined) return there;
  let folder = root;
  for (const segment of segments) {
    const parent = folder;
    folder = path.join(parent, segment);
    try {
      await mkdir(folder);
      await syncFolder(parent);
    } catch (error) {
      if (!isErrno(error) || error.code !== 'EEXIST') throw error;
      if (!(await lstat(folder)).isDirectory()) throw linkError(folder);
    }
  }
  return folder;
}

/** Makes the names in a folder durable; Windows cannot, and journals them by itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function linkError(folder: string): AppError {
  return new AppError(
    'invalid_data',
    'The object store holds a symbolic link or a file where a folder must be, and does not follow it; remove it.',
    { where: folder },
  );
}
