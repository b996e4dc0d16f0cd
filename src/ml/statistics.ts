/** Smallest and largest value; NaN is passed over. Without any value: `Infinity` and `-Infinity`. */
export function extent(values: Float64Array): { min: number; max: number } {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/**
 * Arithmetic mean of the values that are not NaN; NaN when there is none. Exactly that value when all are the same
 * (a rounded mean would make a constant column look as if it varied).
 */
export function mean(values: Float64Array): number {
  const { min, max } = extent(values);
  if (min === max) return min;
  let count = 0;
  let sum = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    // Distances from one of the values add up with less rounding than the values themselves.
    sum += value - min;
  }
  return count === 0 ? Number.NaN : min + sum / count;
}

/** Population standard deviation (divided by n, not n - 1), NaN passed over; exactly 0 for a constant column. */
export function standardDeviation(values: Float64Array): number {
  const center = mean(values);
  let count = 0;
  let sum = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += (value - center) ** 2;
  }
  return Math.sqrt(sum / count);
}

/**
 * Quantiles as numpy's default (`linear`; Hyndman and Fan's type 7), rounding included; NaN is passed over.
 *
 * @param values at least one that is not NaN.
 * @param shares each in [0, 1].
 */
export function quantiles(values: Float64Array, shares: readonly number[]): number[] {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return shares.map((share) => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below] ?? Number.NaN;
    const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
    const part = position - below;
    return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
  });
}
