import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again until the answer is not undefined, null or false. Patient: the processes that it asks about train models,
 * maybe on a machine that has other work to do.
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  patienceMs = 90_000,
): Promise<T & {}> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${patienceMs / 1000} s in vain: ${what}`);
    await pause(25);
  }
}
