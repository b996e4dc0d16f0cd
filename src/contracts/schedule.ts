import { z } from 'zod';
import { ForecastingParameters } from './forecasting-parameters.js';
import { PageQuery, pageOf } from './page.js';
import { RunPriority } from './run-labels.js';
import { SelftestParameters } from './selftest-parameters.js';
import { RunState } from './states.js';
import { Timestamp } from './timestamp.js';

const daySeconds = 24 * 60 * 60;

export const Overlap = z.enum(['skip', 'queue', 'replace']).meta({
  description:
    'What a time comes to while an earlier run of the schedule is open: nothing (skip), a run after its end (queue), or a run in its place (replace).',
});

const Name = z
  .string()
  .max(100)
  .regex(
    /^[^\s\p{C}]([^\p{C}]*[^\s\p{C}])?$/u,
    'must be 1 to 100 printable characters, without a space at either end',
  )
  .meta({ examples: ['every night'] });

const Cron = z
  .string()
  .max(200)
  .regex(
    // No field may begin with H, which the library takes for a number by chance, another one each time it is asked.
    /^(?!.*\bH)(@(yearly|monthly|weekly|daily|hourly)|[\w*,/?#-]+( [\w*,/?#-]+){4,5})$/i,
    'must be five fields (minute, hour, day, month, weekday), or six beginning with the second, one space apart',
  )
  .meta({
    description: 'Minute, hour, day, month and weekday; a field for the second may come first.',
    examples: ['30 2 * * *'],
  });

const IntervalSeconds = z
  .int()
  .min(1)
  .max(366 * daySeconds)
  .meta({ description: 'From one time to the next.', examples: [3600] });

const TimeZone = z
  .string()
  .max(100)
  .refine(isTimeZone, 'must be the name of a time zone in the IANA database, such as "Europe/Madrid"')
  .meta({ description: 'Whose clock cron goes by.', examples: ['Europe/Madrid'] });

/** Offsets (`+02:00`), which JavaScript takes too, are no zones: they know nothing of summer. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const forecasting = { pipeline: z.literal('forecasting'), parameters: ForecastingParameters };
const selftest = {
  pipeline: z.literal('selftest'),
  parameters: SelftestParameters.default(SelftestParameters.parse({})),
};

/** What a schedule runs: a pipeline with parameters that are its own. */
export const ScheduledRun = z.discriminatedUnion('pipeline', [
  z.strictObject(forecasting),
  z.strictObject(selftest),
]);
export type ScheduledRun = z.infer<typeof ScheduledRun>;

const settings = {
  name: Name,
  cron: Cron.nullable().default(null),
  interval_seconds: IntervalSeconds.nullable().default(null),
  time_zone: TimeZone.default('UTC'),
  overlap: Overlap.default('skip'),
  enabled: z.boolean().default(true),
  priority: RunPriority.default(0),
};

export const CreateSchedule = z
  .discriminatedUnion('pipeline', [
    z.strictObject({ ...forecasting, ...settings }),
    z.strictObject({ ...selftest, ...settings }),
  ])
  .refine(({ cron, interval_seconds }) => (cron === null) !== (interval_seconds === null), {
    path: ['cron'],
    message: 'give either cron or interval_seconds',
  })
  .meta({
    id: 'CreateSchedule',
    examples: [{ name: 'every night', pipeline: 'selftest', cron: '30 2 * * *', time_zone: 'Europe/Madrid' }],
  });
export type CreateSchedule = z.infer<typeof CreateSchedule>;

export const PatchSchedule = z
  .strictObject({
    name: Name,
    pipeline: z.enum(['forecasting', 'selftest']),
    parameters: z
      .record(z.string(), z.unknown())
      .meta({ description: 'All of them: those that are not named get their defaults.' }),
    cron: Cron.nullable(),
    interval_seconds: IntervalSeconds.nullable(),
    time_zone: TimeZone,
    overlap: Overlap,
    enabled: z.boolean(),
    priority: RunPriority,
  })
  .partial()
  .refine(({ cron, interval_seconds }) => !cron || !interval_seconds, {
    path: ['cron'],
    message: 'give either cron or interval_seconds',
  })
  .meta({ id: 'PatchSchedule', examples: [{ enabled: false }] });
export type PatchSchedule = z.infer<typeof PatchSchedule>;

const fields = {
  id: z.string(),
  name: z.string(),
  pipeline: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  cron: z.string().nullable(),
  interval_seconds: z.int().nullable(),
  time_zone: z.string(),
  overlap: Overlap,
  enabled: z.boolean(),
  priority: z.int(),
  next_at: Timestamp.nullable(),
  last_at: Timestamp.nullable().meta({ description: 'When a time of it last came.' }),
  waiting: z.int().meta({ description: 'Times that wait for the end of an earlier run.' }),
  skipped: z.int().meta({ description: 'Times that came to nothing because an earlier run was open.' }),
  error: z.string().nullable().meta({ description: 'Why the last time made no run.' }),
  created_by: z.string(),
  created_at: Timestamp,
  updated_at: Timestamp,
};

export const SchedulePage = pageOf(z.object(fields).meta({ id: 'ListedSchedule' }), 'SchedulePage');
export type SchedulePage = z.infer<typeof SchedulePage>;

export const Schedule = z
  .object({
    ...fields,
    next_times: z.array(Timestamp).meta({ description: 'The next five; none while it is disabled.' }),
    last_run: z
      .object({ id: z.string(), state: RunState, created_at: Timestamp, ended_at: Timestamp.nullable() })
      .nullable(),
  })
  .meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof Schedule>;

export const ListSchedules = PageQuery;
export type ListSchedules = z.infer<typeof ListSchedules>;

export const SchedulePath = z.object({ id: z.uuid('must be the id of a schedule') });
export type SchedulePath = z.infer<typeof SchedulePath>;
