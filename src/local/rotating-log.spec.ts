import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rotatingLog } from './rotating-log.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rotating-log-'));
  file = path.join(folder, 'a.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('keeps the newest lines in two files, however much is written', () => {
  const write = rotatingLog(file, 100);
  for (let line = 0; line < 1000; line++) write(`line ${line}\n`);
  expect(readdirSync(folder).sort()).toEqual(['a.log', 'a.log.1']);
  const [newer, older] = [readFileSync(file, 'utf8'), readFileSync(`${file}.1`, 'utf8')];
  expect(newer.length).toBeLessThanOrEqual(100);
  expect(older.length).toBeLessThanOrEqual(100);
  expect((older + newer).endsWith('line 996\nline 997\nline 998\nline 999\n')).toBe(true);
});

it('counts what an earlier process wrote', () => {
  rotatingLog(file, 100)('x'.repeat(90));
  rotatingLog(file, 100)('y'.repeat(20));
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('x'.repeat(90));
  expect(readFileSync(file, 'utf8')).toBe('y'.repeat(20));
});

it('does not fail when there is nowhere to write', () => {
  const write = rotatingLog(path.join(folder, 'gone/a.log'));
  expect(() => write('a line\n')).not.toThrow();
});
