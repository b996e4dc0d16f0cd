import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Deletes what killed processes left unfinished. Only files that nobody has written to for a long time: another
 * process may be in the middle of an upload, and each chunk that it writes makes its file young again.
 *
 * @param olderThanMs since the last write
 * @param now epoch milliseconds
 */
export async function sweepTemporary(folder: string, olderThanMs: number, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    try {
      if (now - (await stat(file)).mtimeMs > olderThanMs) await rm(file);
    } catch {
      // Finished, or swept by another process, since the folder was read.
    }
  }
}
