import { z } from 'zod';
import { StepKind } from './states.js';
import { Timestamp } from './timestamp.js';

export const WorkerState = z.enum(['alive', 'lost', 'stopped']).meta({
  description: 'A worker is lost when three of its heartbeats, one every five seconds, did not come.',
});

const RunningStep = z
  .object({
    run_id: z.string(),
    step: z.string(),
    kind: z.string(),
    attempt: z.int(),
    since: Timestamp,
    fraction: z.number().nullable().meta({ description: 'How far it is, from 0 to 1, if it says so.' }),
  })
  .meta({ id: 'RunningStep' });

export const Worker = z
  .object({
    id: z.string().meta({ description: 'The name that attempts show as their worker.' }),
    host: z.string(),
    pid: z.int(),
    state: WorkerState,
    capacity: z.record(z.string(), z.int()).meta({ description: 'Steps at once, by kind.' }),
    version: z.string(),
    started_at: Timestamp,
    heartbeat_at: Timestamp,
    stopped_at: Timestamp.nullable(),
    steps: z.array(RunningStep).meta({ description: 'What it is working on.' }),
  })
  .meta({ id: 'Worker' });

const PausedKind = z
  .object({ kind: z.string(), since: Timestamp, by: z.string(), reason: z.string().nullable() })
  .meta({ id: 'PausedKind' });

export const PausedKinds = z.object({ paused: z.array(PausedKind) }).meta({ id: 'PausedKinds' });
export type PausedKinds = z.infer<typeof PausedKinds>;

export const WorkerList = PausedKinds.extend({
  items: z.array(Worker),
  next_cursor: z.null(),
}).meta({ id: 'WorkerList' });
export type WorkerList = z.infer<typeof WorkerList>;

const kinds = z
  .array(StepKind)
  .min(1)
  .max(20)
  .optional()
  .meta({ description: 'All without it.', examples: [['train']] });

export const PauseWorkers = z
  .strictObject({
    kinds,
    reason: z
      .string()
      .max(1_000)
      .refine((text) => !text.includes('\0'), 'must not hold a zero character')
      .optional()
      .meta({ examples: ['the data is being corrected'] }),
  })
  .default({})
  .meta({ id: 'PauseWorkers' });
export type PauseWorkers = z.infer<typeof PauseWorkers>;

export const ResumeWorkers = PauseWorkers.meta({ id: 'ResumeWorkers' });
