/** One periodic component: a Fourier series of `order` over days since the epoch. */
export interface Seasonality {
  name: 'yearly' | 'weekly' | 'daily';
  /** Days. */
  period: number;
  order: number;
}

/** What was asked for: on, off, or as the length of the series suggests. */
export type SeasonalityChoice = Record<Seasonality['name'], 'auto' | boolean>;

const dayMs = 86_400_000;

/**
 * The seasonalities of a series, with Prophet's orders. "auto" turns on, as Prophet does: yearly from two years of
 * rows, weekly from two weeks when rows are less than a week apart, daily from two days when less than a day apart.
 *
 * @param time sorted epoch milliseconds
 */
export function chooseSeasonalities(time: Float64Array, choice: SeasonalityChoice): Seasonality[] {
  const span = time[time.length - 1]! - time[0]!;
  let step = Infinity;
  for (let row = 1; row < time.length; row++) step = Math.min(step, time[row]! - time[row - 1]!);
  const candidates: (Seasonality & { auto: boolean })[] = [
    { name: 'yearly', period: 365.25, order: 10, auto: span >= 730 * dayMs },
    { name: 'weekly', period: 7, order: 3, auto: span >= 14 * dayMs && step < 7 * dayMs },
    { name: 'daily', period: 1, order: 4, auto: span >= 2 * dayMs && step < dayMs },
  ];
  return candidates
    .filter(({ name, auto }) => (choice[name] === 'auto' ? auto : choice[name]))
    .map(({ name, period, order }) => ({ name, period, order }));
}
