import { setTimeout as delay } from 'node:timers/promises';
import { startPostgres, type StartPostgres } from './postgres.js';

export interface KeptPostgres {
  /** Stays the same over restarts, as does the other one. */
  url: string;
  applicationUrl: string;
  /** Of the postmaster that runs now. */
  pid(): number;
  stop(): Promise<void>;
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;

/**
 * A PostgreSQL that is started again, on its folder and its port, when it ends by itself: killed for its memory, say.
 *
 * @param say told that it ended, and why it does not start again
 * @throws AppError as `startPostgres` when it does not start the first time
 */
export async function keepPostgres(
  settings: StartPostgres,
  say: (line: string) => void,
): Promise<KeptPostgres> {
  let server = await startPostgres(settings);
  const { url, applicationUrl, port } = server;
  const stopping = new AbortController();

  const keep = async (): Promise<void> => {
    for (;;) {
      const { code, signal } = await server.exited;
      if (stopping.signal.aborted) return;
      say(`PostgreSQL was ${signal ? `killed by ${signal}` : `ended with code ${code}`}; starting it again`);
      for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
        await delay(pause, undefined, { signal: stopping.signal }).catch(() => {});
        if (stopping.signal.aborted) return;
        try {
          server = await startPostgres({ ...settings, port });
          // It was to stop while it was being started.
          if (stopping.signal.aborted) return await server.stop();
          break;
        } catch (error) {
          say(`PostgreSQL did not start: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
  };
  const keeping = keep();
  return {
    url,
    applicationUrl,
    pid: () => server.pid,
    async stop() {
      stopping.abort();
      await server.stop();
      await keeping;
    },
  };
}
