import { AppError } from '../../contracts/app-error.js';
import { isErrno } from './errno.js';

const reasons: Record<string, string> = {
  ENOSPC: 'its disk is full; free some space',
  EDQUOT: 'the quota of its disk is used up; free some space',
  EROFS: 'its disk can only be read; mount it writable',
  EACCES: 'this user may not use it; change its owner or mode',
  EPERM: 'this user may not use it; change its owner or mode',
  EMFILE: 'this process has too many open files; raise its limit',
  ENFILE: 'this machine has too many open files; raise its limit',
  ENOENT: 'it is gone; make the folder again or restart',
  ENOTDIR: 'it is not a folder; remove what stands in its place',
  ELOOP: 'a symbolic link stands in it, which is not followed; remove it',
};

/** What went wrong with a file of the store, in the words of its port: `unavailable`, with the reason. */
export function fileStoreError(error: unknown, root: string): unknown {
  // Our own error has a code too.
  if (error instanceof AppError || !isErrno(error)) return error;
  const reason = reasons[error.code] ?? `the file system answered ${error.code}`;
  return new AppError('unavailable', `The object store's folder cannot be used: ${reason}.`, {
    where: root,
    cause: error,
  });
}
