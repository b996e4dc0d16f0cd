import { createServer } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/platform/database/database.js';
import { isOutage } from '../../src/platform/database/outage.js';
import { openWorkerPool } from '../../src/platform/queue/worker-pool.js';
import { freePort } from '../../src/local/free-port.js';

/** A message of PostgreSQL's protocol: its type, its length with itself, and what it says. */
function message(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

const welcome = message('R', Buffer.alloc(4));
const ready = message('Z', Buffer.from('I'));
const stopping = message(
  'E',
  Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'),
);

/** Takes a connection and, being stopped at that moment, ends it, all in one packet. */
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end(Buffer.concat([welcome, ready, stopping])));
});
const port = await freePort();
await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
const url = `postgresql://somebody@127.0.0.1:${port}/trainyard`;
const { db, close } = openDatabase({ url });
const pool = openWorkerPool(url);
afterAll(async () => {
  await close();
  await pool.end();
  server.close();
});

// Nobody listens to a connection between its greeting and whoever asked for it; an error then ended the process, which
// vitest reports as an unhandled one.
it.each([
  ['a transaction', () => db.$transaction((tx) => tx.$queryRaw`select 1`)],
  ['a statement', () => db.$queryRaw`select 1`],
  [
    'a worker of the queue',
    async () => {
      const client = await pool.connect();
      await client.query('select 1').finally(() => client.release(true));
    },
  ],
])('a server that says good-bye with its greeting is an outage to %s, and to nobody else', async (_, ask) => {
  for (let times = 0; times < 3; times++)
    expect(isOutage(await ask().catch((error: unknown) => error))).toBe(true);
});
