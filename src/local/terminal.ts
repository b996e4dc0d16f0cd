import { styleText } from 'node:util';

/** A line for whoever watches. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Something went wrong. */
export function complain(line: string): void {
  process.stderr.write(`${paint('red', line)}\n`);
}

/** Colour where the output is a terminal. */
export function paint(format: Parameters<typeof styleText>[0], text: string): string {
  return process.stdout.isTTY ? styleText(format, text) : text;
}
