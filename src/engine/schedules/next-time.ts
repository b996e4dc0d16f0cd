import { AppError } from '../../contracts/app-error.js';
import { nextCronTime } from './cron-times.js';

/** When a schedule's times come: by a clock on a wall, or one interval after another. */
export interface Timing {
  cron: string | null;
  interval_seconds: number | null;
  time_zone: string;
}

/**
 * The first time after a moment. However many times have passed unnoticed, it lies in the future: what was missed is
 * made good by one run, not by all of them.
 *
 * @param last the time before, which intervals are counted from; without one they begin at `after`
 * @throws AppError `invalid_request` when the cron expression is wrong, or never comes
 */
export function nextTime({ cron, interval_seconds, time_zone }: Timing, after: Date, last = after): Date {
  if (cron !== null) return new Date(nextCronTime(cron, time_zone, after.getTime()));
  if (interval_seconds === null) throw new AppError('internal', 'a schedule has neither cron nor interval');
  const interval = interval_seconds * 1_000;
  const passed = Math.floor((after.getTime() - last.getTime()) / interval);
  return new Date(last.getTime() + (Math.max(0, passed) + 1) * interval);
}

/** The time `first` and those that follow it. */
export function timesFrom(timing: Timing, first: Date, count: number): Date[] {
  const times = [first];
  while (times.length < count) times.push(nextTime(timing, times.at(-1)!));
  return times;
}
