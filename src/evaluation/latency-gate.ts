import type { Gate } from '../contracts/gate.js';
import { quantiles } from '../ml/statistics.js';

const warmUps = 3;
const mostCalls = 100;
/** A slow model is slow after fewer calls as well. */
const patienceMs = 5_000;

/**
 * Is a model fast enough, one row at a time? Measured here and now, on a machine that does other things as well: the
 * limit should leave room for that.
 *
 * @param limitMs of the 95th percentile
 * @param predict one call
 */
export async function latencyGate(limitMs: number, predict: () => Promise<unknown>): Promise<Gate> {
  for (let i = 0; i < warmUps; i++) await predict();
  const took: number[] = [];
  const started = performance.now();
  while (took.length === 0 || (took.length < mostCalls && performance.now() - started < patienceMs)) {
    const began = performance.now();
    await predict();
    took.push(performance.now() - began);
  }
  const [p50, p95] = quantiles(Float64Array.from(took), [0.5, 0.95]);
  const passed = p95! <= limitMs;
  return {
    name: 'fast_enough',
    verdict: passed ? 'passed' : 'failed',
    inputs: { p50_ms: p50!, p95_ms: p95!, limit_ms: limitMs, calls: took.length },
    message: `95 % of ${took.length} predictions took ${p95!.toFixed(2)} ms or less; ${limitMs} ms are allowed`,
  };
}
