import { setTimeout as pause } from 'node:timers/promises';

/** Asks again every 10 ms until the answer is not undefined or false; fails after 20 s, naming what was awaited. */
export async function eventually<T>(what: string, ask: () => T | Promise<T>): Promise<T & {}> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Waited 20 s in vain: ${what}`);
    await pause(10);
  }
}
