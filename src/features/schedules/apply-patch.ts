import { AppError } from '../../contracts/app-error.js';
import type { PatchSchedule } from '../../contracts/schedule.js';
import { nextTime, type Timing } from '../../engine/schedules/next-time.js';
import type { Prisma, Schedule } from '../../generated/prisma/client.js';
import { jsonObject } from '../../platform/database/json-object.js';
import { parseRun } from './parse-run.js';

/**
 * What a patch changes of a schedule, and what follows from that.
 * @throws AppError `invalid_request` when the run or the times would not be valid
 */
export function applyPatch(
  before: Schedule,
  { pipeline, parameters, cron, interval_seconds, time_zone, ...patch }: PatchSchedule,
  now: Date,
): Prisma.ScheduleUpdateInput {
  const timing = patchTiming(before, { cron, interval_seconds, time_zone });
  const { enabled = before.enabled, overlap = before.overlap } = patch;
  // Also when it is disabled: times that never come are better refused now.
  const next = isSame(before, timing) && before.next_at ? before.next_at : nextTime(timing, now);
  return {
    ...patch,
    ...timing,
    ...patchRun(before, pipeline, parameters),
    next_at: enabled ? next : null,
    // Times that wait are those of a schedule that is enabled and queues them.
    waiting: enabled && overlap === 'queue' ? before.waiting : 0,
    // Whatever was wrong may be right now: it is tried without a rest.
    error: null,
  };
}

/** Naming one of cron and interval takes the place of the other. */
function patchTiming(before: Timing, patch: Pick<PatchSchedule, keyof Timing>): Timing {
  const { cron = patch.interval_seconds ? null : before.cron } = patch;
  const { interval_seconds = patch.cron ? null : before.interval_seconds } = patch;
  if (cron === null && interval_seconds === null) {
    const message = 'give either cron or interval_seconds: a schedule cannot be without both';
    throw new AppError('invalid_request', message, { issues: [{ path: 'cron', message }] });
  }
  return { cron, interval_seconds, time_zone: patch.time_zone ?? before.time_zone };
}

function isSame(a: Timing, b: Timing): boolean {
  return a.cron === b.cron && a.interval_seconds === b.interval_seconds && a.time_zone === b.time_zone;
}

function patchRun(before: Schedule, pipeline = before.pipeline, parameters?: PatchSchedule['parameters']) {
  if (pipeline === before.pipeline && parameters === undefined) return {};
  const run = parseRun({ pipeline, parameters: parameters ?? before.parameters });
  return { pipeline: run.pipeline, parameters: jsonObject(run.parameters) };
}
