import type { Column } from './frame.js';
import { daysFromCivil } from './parse-time.js';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Periods of the three clocks: minutes of a day, days of a week, days of a mean Julian year. */
const clocks = [
  { name: 'min_of_day', period: 1440 },
  { name: 'day_of_week', period: 7 },
  { name: 'day_of_year', period: 365.25 },
] as const;

/** Names of the six time features in the order in which they stand in a processed table. */
export const timeFeatureNames: readonly string[] = clocks.flatMap(({ name }) => [
  `${name}_sin`,
  `${name}_cos`,
]);

/** What the three clocks show at an instant: whole minute 0..1439, Monday 0..6, day of the year 1..366 (UTC). */
export function readClocks(time: number): [minuteOfDay: number, dayOfWeek: number, dayOfYear: number] {
  const day = Math.floor(time / dayMs);
  const minute = Math.floor((time - day * dayMs) / minuteMs);
  const year = new Date(time).getUTCFullYear();
  // 1970-01-01 was a Thursday, day 3 of a week that begins on Monday.
  return [minute, (((day + 3) % 7) + 7) % 7, day - daysFromCivil(year, 1, 1) + 1];
}

/** Sine and cosine of `2·pi·v / period` of each clock, seconds left out. */
export function timeFeatures(time: Float64Array): Column[] {
  const columns = timeFeatureNames.map((name) => ({ name, values: new Float64Array(time.length) }));
  time.forEach((instant, row) => {
    const shown = readClocks(instant);
    for (const [i, { period }] of clocks.entries()) {
      const angle = (2 * Math.PI * (shown[i] ?? 0)) / period;
      const [sine, cosine] = [columns[2 * i], columns[2 * i + 1]];
      if (sine) sine.values[row] = Math.sin(angle);
      if (cosine) cosine.values[row] = Math.cos(angle);
    }
  });
  return columns;
}
