import { SelftestParameters } from '../../src/contracts/selftest-parameters.js';
import { selftest } from '../../src/engine/pipelines/selftest.js';
import { bySchedule } from '../../src/engine/schedules/by-schedule.js';
import type { SchedulerDeps } from '../../src/engine/schedules/scheduler.js';
import type { Prisma, Schedule } from '../../src/generated/prisma/client.js';
import type { Database } from '../../src/platform/database/database.js';
import { recordedQueues } from '../recorded-queues.js';

let made = 0;

/** A schedule of the selftest pipeline, every hour, whose time came a second ago. */
export function dueSchedule(
  db: Database,
  values: Partial<Prisma.ScheduleUncheckedCreateInput> = {},
): Promise<Schedule> {
  made += 1;
  return db.schedule.create({
    data: {
      name: `schedule ${made}`,
      pipeline: 'selftest',
      parameters: SelftestParameters.parse({}),
      interval_seconds: 3_600,
      time_zone: 'UTC',
      next_at: new Date(Date.now() - 1_000),
      created_by: 'tester',
      ...values,
    },
  });
}

/** Puts the next time into the past. */
export async function makeDue(db: Database, { id }: { id: string }): Promise<void> {
  await db.$executeRaw`
    update schedules set next_at = clock_timestamp() - interval '1 second' where id = ${id}::uuid`;
}

/** What a gateway fires schedules with; their runs can always be made, and faults are the test's. */
export function schedulerDeps(db: Database, overrides: Partial<SchedulerDeps> = {}): SchedulerDeps {
  return {
    db,
    queues: recordedQueues(),
    prepare: ({ name, priority }) =>
      Promise.resolve({
        pipeline: selftest,
        identifier: 'scheduled',
        parameters: SelftestParameters.parse({}),
        config_hash: null,
        by: bySchedule(name),
        priority,
      }),
    onError(error) {
      throw error;
    },
    ...overrides,
  };
}
