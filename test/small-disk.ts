import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

export interface SmallDisk {
  folder: string;
  /** Takes what is left, to the last byte. */
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
}

/** What to say when there is none. */
export const howToGetSmallDisk = 'no right to mount a small disk: run the tests as root on Linux';

/**
 * A disk of some megabytes, gone when the file is done: `const disk = smallDisk(8);` at the top of the file, above
 * whatever works on it. Undefined where this user may not mount one.
 */
export function smallDisk(megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'trainyard-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
  } catch {
    rmdirSync(folder);
    return undefined;
  }
  afterAll(() => {
    // Lazily: a process that was killed a moment ago may still be there.
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  });
  const ballast = path.join(folder, 'ballast');
  return {
    folder,
    fill: () => fillUp(ballast),
    free: () => rmSync(ballast, { force: true }),
  };
}

function fillUp(file: string): void {
  const descriptor = openSync(file, 'a');
  const chunk = Buffer.alloc(1024 * 1024);
  try {
    for (;;) writeSync(descriptor, chunk);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(descriptor);
  }
}
