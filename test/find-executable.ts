import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** The first of these files that can be run; a bare name is looked for on the PATH. */
export function findExecutable(...candidates: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return candidates
    .filter((candidate) => candidate !== '')
    .flatMap((candidate) =>
      candidate.includes(path.sep) ? [candidate] : folders.map((folder) => path.join(folder, candidate)),
    )
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
