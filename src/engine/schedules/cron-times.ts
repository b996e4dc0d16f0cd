import { type CronExpression, CronExpressionParser } from 'cron-parser';
import { AppError } from '../../contracts/app-error.js';
import { zoneChangeMs, zoneOffsetMs } from './zone-clock.js';

const secondMs = 1_000;
/** Clocks are put back by less than this. */
const longestRepeatMs = 3 * 60 * 60 * secondMs;

/**
 * The next time of a cron expression in a zone.
 *
 * The library is asked about wall-clock times only, in UTC, where no clock is ever changed: given a zone, it leaves
 * out days whose midnight is skipped, and finds no time at all in some zones. What a change of the clock does is:
 *
 * - times that are skipped when it is put forward come once, at that moment, so that a daily run is not lost
 * - times that are repeated when it is put back come the first time only
 * - an expression for every hour goes by the hours that pass: nothing of it is skipped or repeated
 *
 * @param after epoch milliseconds; the time found is later
 * @throws AppError `invalid_request` when the expression is wrong, or names a day that never comes
 */
export function nextCronTime(cron: string, zone: string, after: number): number {
  const everyHour = parse(cron, after).fields.hour.values.length === 24;
  let offset = zoneOffsetMs(zone, after);
  let from = after;
  let wall = after + offset;
  const earlier = zoneOffsetMs(zone, after - longestRepeatMs);
  if (!everyHour && earlier > offset) {
    // It was put back a moment ago: what it shows until it is where it was had its time.
    const putBack = zoneChangeMs(zone, after - longestRepeatMs, after);
    wall = Math.max(wall, putBack + earlier - secondMs);
  }
  for (;;) {
    const next = nextWallTime(cron, wall);
    const at = next - offset;
    if (zoneOffsetMs(zone, at) === offset) return at;
    const change = zoneChangeMs(zone, from, at);
    const changed = zoneOffsetMs(zone, change);
    if (!everyHour && next < change + changed) return change;
    wall = change + (everyHour ? changed : Math.max(offset, changed)) - secondMs;
    from = change;
    offset = changed;
  }
}

/** @param after as if the clock showed UTC; so is what is returned */
function nextWallTime(cron: string, after: number): number {
  try {
    return parse(cron, after).next().getTime();
  } catch (error) {
    // Its loop has gone through all days of some decades.
    throw wrong(`"${cron}" never comes`, error);
  }
}

function parse(cron: string, after: number): CronExpression {
  try {
    return CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: new Date(after) });
  } catch (error) {
    throw wrong(
      `"${cron}" is no cron expression: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

function wrong(message: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError('invalid_request', message, { cause, issues: [{ path: 'cron', message }] });
}
