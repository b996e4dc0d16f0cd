import { appendFileSync, renameSync, statSync } from 'node:fs';

/**
 * Appends to a file that is moved to `<file>.1`, over the one before, when it has grown to its size: two files
 * at most, at most twice `maxBytes` and one write. Writes are synchronous: the last words before a crash are the
 * ones that are looked for, and the server that logs here says little.
 *
 * @param maxBytes 4 MiB by default
 */
export function rotatingLog(file: string, maxBytes = 4 * 1024 * 1024): (text: string) => void {
  let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return (text) => {
    const bytes = Buffer.byteLength(text);
    try {
      if (size > 0 && size + bytes > maxBytes) {
        renameSync(file, `${file}.1`);
        size = 0;
      }
      appendFileSync(file, text, { mode: 0o600 });
      size += bytes;
    } catch {
      // A full disk: whoever logs has more important things to do than to die of it.
    }
  };
}
