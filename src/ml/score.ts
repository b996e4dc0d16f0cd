import type { ScoreWeights } from '../contracts/score-weights.js';
import type { ForecastMetrics } from './metrics.js';

/**
 * `rmse·w + mae·w + mse·w` on the scaled held-out metrics; lower is better. Null when one of the three is null,
 * whatever its weight: a model that cannot be measured cannot be compared.
 */
export function score(
  { rmse, mae, mse }: Pick<ForecastMetrics, 'rmse' | 'mae' | 'mse'>,
  weights: ScoreWeights,
): number | null {
  if (rmse === null || mae === null || mse === null) return null;
  const sum = weights.rmse * rmse + weights.mae * mae + weights.mse * mse;
  return Number.isFinite(sum) ? sum : null;
}

export interface Scored {
  score: number | null;
  /** When the run began, epoch milliseconds. */
  startedAt: number;
}

/** The lowest score; a tie goes to the newest run, and then to the later one in the list. Null when none has a score. */
export function pickWinner<T extends Scored>(candidates: readonly T[]): T | null {
  let winner: T | null = null;
  let lowest = Infinity;
  for (const candidate of candidates) {
    if (candidate.score === null || candidate.score > lowest) continue;
    if (winner && candidate.score === lowest && candidate.startedAt < winner.startedAt) continue;
    winner = candidate;
    lowest = candidate.score;
  }
  return winner;
}
