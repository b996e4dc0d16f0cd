import { setTimeout as delay } from 'node:timers/promises';
import type { BreakableProxy } from '../breakable-proxy.js';

/** Longer than a lease, and than any single try. */
const awayMs = 8_000;

/** Does something while a server cannot be reached, and lets it be reached again. */
export async function whileAway(proxy: BreakableProxy, meanwhile: () => Promise<void>): Promise<void> {
  await proxy.cut();
  try {
    await Promise.all([delay(awayMs), meanwhile()]);
  } finally {
    await proxy.restore();
  }
}
