import type { Seasonality } from './seasonality.js';

/** Angular frequencies per day, in the order of the Fourier terms: order 1, 2, … of each seasonality. */
export function frequencies(seasonalities: readonly Seasonality[]): number[] {
  return seasonalities.flatMap(({ period, order }) =>
    Array.from({ length: order }, (_, i) => (2 * Math.PI * (i + 1)) / period),
  );
}

/**
 * One row of Prophet's X: sine and cosine of each frequency at `days` since the epoch. The Stan program needs at
 * least one column, so no seasonality is a column of zero.
 */
export function fourierTerms(days: number, seasonalities: readonly Seasonality[]): number[] {
  const terms = frequencies(seasonalities).flatMap((frequency) => [
    Math.sin(frequency * days),
    Math.cos(frequency * days),
  ]);
  return terms.length === 0 ? [0] : terms;
}
