const MiB = 1_048_576;

/** Resident memory over which the process of an imported model of so many bytes is ended. */
export function processMemoryLimit(size: number): number {
  return 512 * MiB + 4 * size;
}
