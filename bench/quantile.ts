/** The value below which this share of the values lies; the nearest one, not interpolated. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.round(share * (sorted.length - 1)))];
  if (value === undefined) throw new RangeError('no values');
  return value;
}
