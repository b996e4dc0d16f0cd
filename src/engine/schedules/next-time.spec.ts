import { expect, it } from 'vitest';
import { nextTime, timesFrom } from './next-time.js';

const every = (seconds: number) => ({ cron: null, interval_seconds: seconds, time_zone: 'UTC' });
const at = (time: string) => new Date(`2026-06-01T${time}Z`);

it('begins an interval at once when there was no time before', () => {
  expect(nextTime(every(60), at('12:00:07'))).toEqual(at('12:01:07'));
});

it('counts intervals from the time before, not from when it was seen', () => {
  expect(nextTime(every(60), at('12:01:09'), at('12:01:00'))).toEqual(at('12:02:00'));
});

it('leaves out all times that have passed', () => {
  expect(nextTime(every(60), at('15:10:30'), at('12:01:00'))).toEqual(at('15:11:00'));
  expect(nextTime(every(60), at('15:11:00'), at('12:01:00'))).toEqual(at('15:12:00'));
  const hourly = { cron: '0 * * * *', interval_seconds: null, time_zone: 'UTC' };
  expect(nextTime(hourly, at('15:10:30'), at('12:00:00'))).toEqual(at('16:00:00'));
});

it('shows the times that follow a first one', () => {
  expect(timesFrom(every(30), at('12:00:00'), 3)).toEqual([at('12:00:00'), at('12:00:30'), at('12:01:00')]);
});
