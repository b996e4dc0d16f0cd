import { setTimeout as delay } from 'node:timers/promises';

/** What a restart on another host takes: longer than a lease, and than any single try. */
const awayMs = 30_000;

interface Breakable {
  cut(): Promise<void>;
  restore(): Promise<void>;
}

/** Does something while a server cannot be reached, and lets it be reached again. */
export async function whileAway(server: Breakable, meanwhile: () => Promise<void>): Promise<void> {
  await server.cut();
  try {
    await Promise.all([delay(awayMs), meanwhile()]);
  } finally {
    await server.restore();
  }
}
