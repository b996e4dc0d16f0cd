import { existsSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../contracts/app-error.js';

/**
 * The folder of package.json, found by walking up. The same file runs as `src/platform/x.ts` and as
 * `dist/src/platform/x.js`, so a fixed number of `..` is right for only one of them.
 *
 * @param from an absolute path inside the project; this file's own folder by default
 */
export function projectRoot(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder)) {
      throw new AppError('internal', `No package.json in ${from} or in any folder above it.`);
    }
  }
}
