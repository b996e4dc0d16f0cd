import { optimizer } from '@bsull/augurs-prophet-wasmstan';
import { AppError } from '../../src/contracts/app-error.js';
import type { FittedProphet } from '../../src/ml/prophet/fitted-prophet.js';
import { type ProphetSettings, type StanInput, stanInput } from '../../src/ml/prophet/stan-data.js';

/** Prophet's own limit. */
const maxIterations = 10_000;
/** Where sigma begins: Prophet's place, then nearer ones, for when not even the first step succeeds from there. */
const firstSigmas = [1, 0.5, 0.1];

/**
 * Fits Prophet's Stan program to one series by maximum a posteriori with L-BFGS. Blocks the thread for as long as it
 * takes: 0.7 s for 5,000 rows.
 *
 * @param time epoch milliseconds, sorted, at least two different ones; Prophet counts in seconds
 * @param values raw values, all finite: Prophet leaves empty cells out, also of what it derives from the times
 * @throws AppError `invalid_data` when the optimiser cannot take a single step
 */
export function fitProphet(
  time: Float64Array,
  values: Float64Array,
  settings: ProphetSettings,
  seed: number,
): FittedProphet {
  const seconds = Array.from(time, (ms) => ms / 1000);
  const input = stanInput(seconds, [...values], settings);
  const { k, m, delta, beta, sigmaObs } = optimize(input, seed);
  const { growth, mode, seasonalities } = settings;
  const { start, span, yScale } = input;
  const changepoints = input.data.t_change;
  // prettier-ignore
  return { growth, mode, seasonalities, start, span, yScale, k, m, changepoints, delta: [...delta], beta: [...beta], sigma: sigmaObs };
}

function optimize({ data, initial }: StanInput, seed: number) {
  const json = JSON.stringify(data);
  const causes: unknown[] = [];
  for (const sigmaObs of firstSigmas) {
    const found = lastBeforeFailure((iter) => {
      try {
        const options = { algorithm: 'lbfgs', seed, iter, jacobian: false } as const;
        return optimizer.optimize({ ...initial, sigmaObs }, json, options).params;
      } catch (cause) {
        causes.push(cause);
        return undefined;
      }
    });
    if (found) return found;
  }
  throw new AppError('invalid_data', 'Prophet could not be fitted to this series: its optimiser gave up', {
    cause: new AggregateError(causes),
  });
}

/**
 * What the optimiser came to, even when its line search failed at last: it does where nothing is wrong, because the
 * prior of the bends has a kink at 0, where the optimum often lies, and because a series without noise has no optimum.
 * It then loses what it had, so the same descent is done again with the most iterations that it survives, to a tenth.
 *
 * Prophet would take Newton after such a failure, and others BFGS: in the WebAssembly build the one does not end and
 * the other throws through it, after a dozen of which a later call did not end either.
 */
function lastBeforeFailure<T>(run: (iterations: number) => T | undefined): T | undefined {
  const whole = run(maxIterations);
  if (whole) return whole;
  let best = run(1);
  if (!best) return undefined;
  let [survived, failed] = [1, maxIterations];
  while (failed - survived > Math.max(1, survived / 10)) {
    const iterations = Math.ceil(Math.sqrt(survived * failed));
    const found = run(iterations);
    if (found) [best, survived] = [found, iterations];
    else failed = iterations;
  }
  return best;
}
