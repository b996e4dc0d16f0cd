import type { Readable } from 'node:stream';
import { maxMessageLength } from '../src/contracts/log-line.js';

export interface PrintedLines {
  /** Gives what stands behind the last line end as a line. */
  flush(): void;
}

const lineEnd = /\r\n|\n|\r/;
/** A line is kept a little longer than a message may be, so that the message says that it was cut. */
const maxLength = 2 * maxMessageLength;

/**
 * Splits what a process prints into lines; empty ones are left out. A carriage return ends one too: progress bars are
 * drawn with it. Of a line without end only the beginning is kept, whatever its length.
 */
export function printedLines(stream: Readable, onLine: (line: string) => void): PrintedLines {
  let rest = '';
  const say = (line: string) => line !== '' && onLine(line.slice(0, maxLength));
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split(lineEnd);
    rest = lines.pop()?.slice(0, maxLength) ?? '';
    for (const line of lines) say(line);
  });
  // A pipe that breaks says no more; whatever broke it is noticed elsewhere.
  stream.on('error', () => {});
  return {
    flush() {
      say(rest);
      rest = '';
    },
  };
}
