import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { printedLines } from './printed-lines.js';

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  const printed = printedLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await new Promise((resolve) => stream.once('end', resolve));
  printed.flush();
  return lines;
}

it('splits what is printed into lines, wherever it was cut', async () => {
  expect(await linesOf('one\ntw', 'o\r\n\n', 'th', 'ree')).toEqual(['one', 'two', 'three']);
});

it('takes each state of a progress bar for a line', async () => {
  expect(await linesOf('10 %\r20 %\r', '30 %\n')).toEqual(['10 %', '20 %', '30 %']);
});

it('puts a character together that came in two pieces', async () => {
  const bytes = Buffer.from('añb\n');
  expect(await linesOf(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(['añb']);
});

it('keeps the beginning of a line that does not end', async () => {
  const chunk = 'x'.repeat(65_536);
  const lines = await linesOf(...Array.from({ length: 200 }, () => chunk), '\nnext\n');
  expect(lines.map((line) => line.length)).toEqual([8_000, 4]);
});
