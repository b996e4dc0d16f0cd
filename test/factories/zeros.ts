import { Readable } from 'node:stream';

/** A stream of zeros, in chunks of 64 KiB, that may end in an error. */
export function zeros(bytes: number, error?: Error): Readable {
  return Readable.from(
    (function* () {
      for (let left = bytes; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(left, 65_536));
      if (error) throw error;
    })(),
  );
}
