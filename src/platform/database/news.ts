import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import type { Tx } from './database.js';

/** What one process tells the others. Everything in it can also be found out by asking the database. */
export const News = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('promotion'), identifier: z.string() }),
  /** An alias of this model leads elsewhere, or a version of it was archived or deleted. */
  z.object({ kind: z.literal('model'), name: z.string() }),
  /** There are events of this run, or a step of it is further on. */
  z.object({ kind: z.literal('run'), run_id: z.string() }),
]);
export type News = z.infer<typeof News>;

export const newsChannel = 'trainyard';

/** News as its channel carries it, for statements that publish on their way: `pg_notify(newsChannel, newsText(…))`. */
export function newsText(news: News): string {
  return JSON.stringify(news);
}

/** Tells every listening process when, and only if, the transaction commits. */
export async function publishNews(tx: Tx, news: News): Promise<void> {
  await tx.$executeRaw`select pg_notify(${newsChannel}, ${newsText(news)})`;
}

export interface NewsListener {
  close(): Promise<void>;
}

/**
 * Listens on a connection of its own and connects again when it breaks. News published meanwhile is lost: a listener
 * needs a poll behind it.
 */
export function listenForNews(
  url: string,
  onNews: (news: News) => void,
  onError: (error: Error) => void,
): NewsListener {
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
        await client.query(`listen ${newsChannel}`);
        client.once('end', () => {
          connecting = connect();
        });
        return;
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)));
        await client.end().catch(() => {});
        await delay(pause, undefined, { ref: false, signal: closing.signal }).catch(() => {});
      }
    }
  };
  let connecting = connect();
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
