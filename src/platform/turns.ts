/**
 * Lets so many pieces of work happen at once; others wait for their turn, in order.
 *
 * @example const inTurn = turns(2); await inTurn(() => heavyWork());
 */
export function turns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return async (work) => {
    if (free > 0) free -= 1;
    // Whoever ends hands over the turn, which is therefore never free in between: nobody can get ahead.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
