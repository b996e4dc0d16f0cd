import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { projectRoot } from '../platform/project-root.js';
import { envNames, readEnv, requireDatabaseUrl } from './env.js';

const example = parseEnv(readFileSync(path.join(projectRoot(), '.env.example'), 'utf8'));
/** Read by `docker-compose.yaml`, not by us. */
const ofCompose = [
  'POSTGRES_PASSWORD',
  'POSTGRES_APPLICATION_PASSWORD',
  'MINIO_ROOT_USER',
  'MINIO_ROOT_PASSWORD',
];

function secretFile(content: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'trainyard-env-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'secret'), content);
  return path.join(folder, 'secret');
}

describe('.env.example', () => {
  it('names every variable, and no other', () => {
    expect(Object.keys(example).sort()).toEqual([...envNames, ...ofCompose].sort());
  });

  it('holds the defaults', () => {
    expect(readEnv(example)).toEqual({ ...readEnv({}), PORT: 3000 });
  });
});

describe('readEnv', () => {
  it('takes an empty variable for one that is not set', () => {
    expect(readEnv({ PORT: '', HOST: '', REDIS_URL: '  ' })).toEqual(readEnv({}));
  });

  it('names every variable that is wrong, and none of their values', () => {
    const read = () => readEnv({ PORT: '70000', WORKER_STEPS: 'train,dance', LEASE_SECONDS: 'hunter2' });
    expect(read).toThrow(/PORT: [^]*WORKER_STEPS[^]*LEASE_SECONDS: /);
    expect(read).not.toThrow(/hunter2|70000/);
  });

  it('reads what a file holds, without the newline at its end', () => {
    const file = secretFile('postgresql://u:p@127.0.0.1/db\n');
    expect(requireDatabaseUrl(readEnv({ DATABASE_URL_FILE: file }))).toBe('postgresql://u:p@127.0.0.1/db');
  });

  it('refuses a value beside its file, and a file that is not there', () => {
    const file = secretFile('a');
    expect(() => readEnv({ S3_SECRET_KEY: 'b', S3_SECRET_KEY_FILE: file })).toThrow('choose one');
    expect(() => readEnv({ REDIS_URL_FILE: `${file}-not` })).toThrow('REDIS_URL_FILE names');
  });

  it('says what to do without a database', () => {
    expect(() => requireDatabaseUrl(readEnv({}))).toThrow('`npm start`, which brings its own');
  });
});
