import { connect, createServer, type Socket } from 'node:net';
import { afterAll } from 'vitest';
import { freePort } from '../src/local/free-port.js';

export interface BreakableProxy {
  port: number;
  /** Connections stay open, and nothing comes through any more. */
  freeze(): void;
  /** Breaks every connection and takes no more, as a server that is gone. */
  cut(): Promise<void>;
  /** Takes connections again, and lets everything through. */
  restore(): Promise<void>;
}

/** A way to a server that can fall silent, or be gone for a while: `const proxy = await breakableProxy(url);` */
export async function breakableProxy(target: URL): Promise<BreakableProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => frozen || to.write(bytes));
      from.on('close', () => {
        to.destroy();
        sockets.delete(from);
      });
      from.on('error', () => {});
    }
  });
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const port = await freePort();
  const proxy: BreakableProxy = {
    port,
    freeze: () => void (frozen = true),
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      breakAll();
      await closed;
    },
    restore() {
      frozen = false;
      return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
    },
  };
  await proxy.restore();
  afterAll(() => {
    breakAll();
    server.close();
  });
  return proxy;
}
