import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import type { Tx } from './database.js';

/** What one process tells the others. Everything in it can also be found out by asking the database. */
export const News = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('promotion'), identifier: z.string() }),
]);
export type News = z.infer<typeof News>;

const channel = 'trainyard';

/** Tells every listening process when, and only if, the transaction commits. */
export async function publishNews(tx: Tx, news: News): Promise<void> {
  await tx.$executeRaw`select pg_notify(${channel}, ${JSON.stringify(news)})`;
}

/**
 * Listens on a connection of its own and connects again when it breaks. News published meanwhile is lost: a listener
 * needs a poll behind it.
 */
export function listenForNews(url: string, onNews: (news: News) => void, onError: (error: Error) => void) {
  let client: pg.Client | undefined;
  const closing = new AbortController();

  const connect = async (): Promise<void> => {
    for (let pause = 200; !closing.signal.aborted; pause = Math.min(pause * 2, 5_000)) {
      client = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 3_000 });
      client.on('error', onError);
      client.on('notification', ({ payload }) => {
        const news = News.safeParse(parseJson(payload ?? ''));
        if (news.success) onNews(news.data);
      });
      try {
        await client.connect();
        await client.query(`listen ${channel}`);
        client.once('end', () => void connect());
        return;
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)));
        await client.end().catch(() => {});
        await delay(pause, undefined, { ref: false });
      }
    }
  };
  const connecting = connect();
  return {
    async close(): Promise<void> {
      closing.abort();
      await connecting;
      await client?.end().catch(() => {});
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
