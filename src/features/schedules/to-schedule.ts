import { Schedule } from '../../contracts/schedule.js';
import { timesFrom } from '../../engine/schedules/next-time.js';
import type { Prisma } from '../../generated/prisma/client.js';

export const scheduleInclude = {
  runs: {
    orderBy: { id: 'desc' },
    take: 1,
    select: { id: true, state: true, created_at: true, ended_at: true },
  },
} satisfies Prisma.ScheduleInclude;

type ScheduleRow = Prisma.ScheduleGetPayload<{ include: typeof scheduleInclude }>;

const shownTimes = 5;

/** A schedule as its answer shows it. */
export function toSchedule({ runs, ...row }: ScheduleRow): Schedule {
  const next_times = row.next_at ? timesFrom(row, row.next_at, shownTimes) : [];
  return Schedule.parse({ ...row, next_times, last_run: runs[0] ?? null });
}
