import { connect, createServer, type Socket } from 'node:net';
import { afterAll } from 'vitest';
import { freePort } from '../src/local/free-port.js';

/** A way to a server that can fall silent: connections stay open, and nothing comes through any more. */
export async function freezableProxy(target: URL): Promise<{ port: number; freeze: () => void }> {
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
      from.on('close', () => to.destroy());
      from.on('error', () => {});
    }
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port, freeze: () => (frozen = true) };
}
