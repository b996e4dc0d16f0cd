import { connect, createServer, type Socket } from 'node:net';
import { afterAll } from 'vitest';
import { freePort } from '../src/local/free-port.js';

export interface CuttableProxy {
  port: number;
  /** Breaks every connection and takes no more, as a server that is gone. */
  cut(): Promise<void>;
  restore(): Promise<void>;
}

/** A way to a server that can be gone for a while. */
export async function cuttableProxy(target: URL): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => {});
      from.on('close', () => {
        to.destroy();
        sockets.delete(from);
      });
    }
  });
  const port = await freePort();
  const proxy: CuttableProxy = {
    port,
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    restore: () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
  };
  await proxy.restore();
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return proxy;
}
