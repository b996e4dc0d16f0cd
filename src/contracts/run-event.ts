import { z } from 'zod';
import { LogLine } from './log-line.js';
import { PageQuery, pageOf } from './page.js';
import { RunPath } from './pipeline-run.js';
import { RunState } from './states.js';
import { StepProgress } from './step-progress.js';
import { Timestamp } from './timestamp.js';

/** A number in JSON, which has none for these three. */
const PointValue = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);

const EventPoint = z.object({
  key: z.string(),
  value: PointValue,
  step: z.int().meta({ description: 'Epoch or training step.' }),
  timestamp: z.number().meta({ description: 'Epoch milliseconds.' }),
});
export type EventPoint = z.infer<typeof EventPoint>;

/** What the row of a log line or of metric points holds. */
export const LogData = LogLine;
export const MetricsData = z.object({ points: z.array(EventPoint) });
export type MetricsData = z.infer<typeof MetricsData>;

const numbered = {
  number: z.int().meta({ description: 'Counts all events of the run from 1, without a gap.' }),
  at: Timestamp,
};
const ofAttempt = {
  ...numbered,
  at: Timestamp.meta({ description: 'When it was said; numbers follow the order of writing.' }),
  step: z.string(),
  attempt: z.int(),
};

export const StateEvent = z
  .object({
    ...numbered,
    step: z.string().nullable().meta({ description: 'Null when it is the state of the run itself.' }),
    state: z.string(),
    actor: z.string(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'StateEvent' });
export const LogEvent = z.object({ ...ofAttempt, ...LogData.shape }).meta({ id: 'LogEvent' });
export const MetricsEvent = z.object({ ...ofAttempt, ...MetricsData.shape }).meta({ id: 'MetricsEvent' });

/** A numbered event: its name on the stream, and its data. */
export type RunEvent =
  | { event: 'state'; data: z.infer<typeof StateEvent> }
  | { event: 'log'; data: z.infer<typeof LogEvent> }
  | { event: 'metrics'; data: z.infer<typeof MetricsEvent> };

/** The latest of a step that runs; not numbered, and not sent again. */
export const ProgressEvent = z
  .object({ step: z.string(), attempt: z.int(), progress: StepProgress })
  .meta({ id: 'ProgressEvent' });
export type ProgressEvent = z.infer<typeof ProgressEvent>;

/** The run has ended, and this was everything. */
export const EndEvent = z.object({ state: RunState }).meta({ id: 'EndEvent' });
export type EndEvent = z.infer<typeof EndEvent>;

/** What stands behind `data:` on the stream. */
export const EventData = z
  .union([StateEvent, LogEvent, MetricsEvent, ProgressEvent, EndEvent])
  .meta({ id: 'RunEventData' });

/** The number of an event as readers send it back. One more digit would not be a whole number in a double. */
export const EventId = z
  .string()
  .regex(/^\d{1,15}$/, 'must be the id of an event: a whole number')
  .transform(Number);

export const FollowQuery = z.object({
  last_event_id: EventId.optional().meta({
    description:
      'What came after this event; for tools that cannot set `Last-Event-ID`, which goes before it.',
  }),
});
export type FollowQuery = z.infer<typeof FollowQuery>;

const RunLogLine = z
  .object({ number: z.int(), attempt: z.int(), at: Timestamp, ...LogLine.shape })
  .meta({ id: 'RunLogLine' });
export const RunLogPage = pageOf(RunLogLine, 'RunLogPage');
export type RunLogPage = z.infer<typeof RunLogPage>;

export const StepPath = RunPath.extend({
  step: z
    .string()
    .max(200)
    .regex(/^[^\0]+$/, 'must be the name of a step')
    .meta({ example: 'train_gru' }),
});
export type StepPath = z.infer<typeof StepPath>;

export const ListLogs = PageQuery.extend({
  attempt: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be the number of an attempt: 1, 2, …')
    .transform(Number)
    .optional()
    .meta({ description: 'Lines of this attempt only.', examples: ['1'] }),
});
export type ListLogs = z.infer<typeof ListLogs>;
