import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { initSync, Prophet, type ProphetInitialParams, type ProphetOptions } from '@bsull/augurs/prophet';
import { z } from 'zod';

const library = createRequire(import.meta.url).resolve('@bsull/augurs/prophet');
initSync({ module: readFileSync(path.join(path.dirname(library), 'prophet_bg.wasm')) });

const numbers = z.array(z.number());
/** The data block of Prophet's Stan program as the library writes it. */
const LibraryStanData = z.strictObject({
  T: z.number(),
  y: numbers,
  t: numbers,
  cap: numbers,
  S: z.number(),
  t_change: numbers,
  trend_indicator: z.number(),
  K: z.number(),
  s_a: numbers,
  s_m: numbers,
  X: z.array(numbers),
  sigmas: numbers,
  tau: z.number(),
});
type LibraryStanData = z.infer<typeof LibraryStanData>;

/** What a test puts in the place of an optimum. */
export interface Solution {
  k: number;
  m: number;
  delta: number[];
  beta: number[];
}

/**
 * Prophet as the library does it, with an optimiser that finds whatever it is told to: what the library prepared for
 * it, and what the library forecasts with the parameters that it was given.
 *
 * @param seconds whole epoch seconds
 */
export function libraryProphet(
  seconds: readonly number[],
  values: readonly number[],
  options: Omit<ProphetOptions, 'optimizer'>,
  solve: (data: LibraryStanData) => Solution = ({ S, K }) => ({
    k: 0,
    m: 0,
    delta: Array.from({ length: S }, () => 0),
    beta: Array.from({ length: K }, () => 0),
  }),
) {
  let captured: { data: LibraryStanData; initial: ProphetInitialParams } | undefined;
  const prophet = new Prophet({
    ...options,
    uncertaintySamples: 0,
    optimizer: {
      optimize(initial, json) {
        const data = LibraryStanData.parse(JSON.parse(json));
        captured = { data, initial };
        const { k, m, delta, beta } = solve(data);
        const logs = { debug: '', info: '', warn: '', error: '', fatal: '' };
        const vectors = {
          delta: Float64Array.from(delta),
          beta: Float64Array.from(beta),
          trend: new Float64Array(data.T),
        };
        return { logs, params: { k, m, sigmaObs: 1, ...vectors } };
      },
    },
  });
  // Without an algorithm it takes Newton for short series, which it then hands over in a way that fails.
  prophet.fit({ ds: [...seconds], y: [...values] }, { algorithm: 'lbfgs' });
  if (!captured) throw new Error('the library did not call its optimiser');
  const predict = (at: readonly number[]) => prophet.predict({ ds: [...at] }).yhat.point;
  return { ...captured, predict };
}

/**
 * Where each of our columns of X stands among the library's, which orders them by a random hash.
 * @throws Error when one of them is not there
 */
export function matchColumns(ours: readonly number[][], theirs: readonly number[][]): number[] {
  const free = new Set(theirs[0]!.keys());
  return ours[0]!.map((_, column) => {
    const same = (candidate: number) =>
      ours.every((row, i) => Math.abs(row[column]! - theirs[i]![candidate]!) < 1e-9);
    const found = [...free].find(same);
    if (found === undefined) throw new Error(`the library has no column like column ${column} of ours`);
    free.delete(found);
    return found;
  });
}
