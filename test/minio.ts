import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../src/local/free-port.js';
import { projectRoot } from '../src/platform/project-root.js';
import type { S3Settings } from '../src/platform/object-store/s3-client.js';
import { findExecutable } from './find-executable.js';

/** What to say when there is no S3 store to test against. */
export const howToGetMinio =
  'no S3 store: put a MinIO server at .cache/bin/minio, on the PATH or in MINIO_BIN, or set S3_ENDPOINT';

export interface S3Server {
  settings: S3Settings;
  /** Ends it, and deletes its data; nothing happens to a store that was not started here. */
  stop: () => Promise<void>;
}

/** How to get an S3 store, or undefined when there is none: a running one (`S3_ENDPOINT`), or a server of our own. */
export function findS3(): (() => Promise<S3Server>) | undefined {
  const { S3_ENDPOINT, S3_ACCESS_KEY = '', S3_SECRET_KEY = '', S3_REGION = 'us-east-1' } = process.env;
  if (S3_ENDPOINT) {
    const settings = {
      endpoint: S3_ENDPOINT,
      accessKey: S3_ACCESS_KEY,
      secretKey: S3_SECRET_KEY,
      region: S3_REGION,
    };
    return () => Promise.resolve({ settings, stop: () => Promise.resolve() });
  }
  const binary = findMinio();
  return binary === undefined ? undefined : () => startMinio(binary);
}

/** The MinIO server's binary, for a test that must be able to stop it. */
export function findMinio(): string | undefined {
  const { MINIO_BIN = '' } = process.env;
  return findExecutable(MINIO_BIN, path.join(projectRoot(), '.cache/bin/minio'), 'minio');
}

/** On a free loopback port, with data in a temporary folder. */
export async function startMinio(binary: string): Promise<S3Server> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trainyard-minio-'));
  const [port, consolePort] = [await freePort(), await freePort()];
  const accessKey = 'trainyard';
  const secretKey = 'trainyard-test';
  const server = spawn(
    binary,
    [
      'server',
      '--quiet',
      '--address',
      `127.0.0.1:${port}`,
      '--console-address',
      `127.0.0.1:${consolePort}`,
      folder,
    ],
    {
      env: {
        ...process.env,
        MINIO_ROOT_USER: accessKey,
        MINIO_ROOT_PASSWORD: secretKey,
        MINIO_BROWSER: 'off',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  server.stdout.on('data', (text: Buffer) => (output += text.toString()));
  server.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };

  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await untilReady(
      `${endpoint}/minio/health/ready`,
      () => server.exitCode !== null,
      () => output,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { settings: { endpoint, accessKey, secretKey, region: 'us-east-1' }, stop };
}

async function untilReady(url: string, hasEnded: () => boolean, output: () => string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && !hasEnded()) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not listening yet.
    }
    await delay(25);
  }
  throw new Error(`MinIO did not become ready:\n${output()}`);
}
