import { z } from 'zod';
import { createRunExample } from './examples.js';
import { ForecastingParameters } from './forecasting-parameters.js';
import { pageOf } from './page.js';
import { RunNote, RunPriority, RunTags, TagChanges } from './run-labels.js';
import { SelftestParameters } from './selftest-parameters.js';
import { AttemptOutcome, RunState, StepKind, StepState } from './states.js';
import { StepError } from './step-error.js';
import { StepProgress } from './step-progress.js';
import { Timestamp } from './timestamp.js';

const labels = {
  tags: RunTags.default({}),
  note: RunNote.nullable().default(null),
  priority: RunPriority.default(0),
};

/** What is asked for: a pipeline and its parameters. */
export const CreatePipelineRun = z
  .discriminatedUnion('pipeline', [
    z.strictObject({ pipeline: z.literal('forecasting'), parameters: ForecastingParameters, ...labels }),
    z.strictObject({
      pipeline: z.literal('selftest'),
      parameters: SelftestParameters.default(SelftestParameters.parse({})),
      ...labels,
    }),
  ])
  .meta({
    id: 'CreatePipelineRun',
    // Works once the quickstart has loaded its series.
    examples: [createRunExample],
  });
export type CreatePipelineRun = z.infer<typeof CreatePipelineRun>;

const StateChange = z
  .object({ state: z.string(), at: Timestamp, actor: z.string(), reason: z.string().nullable() })
  .meta({ id: 'StateChange' });

export const Attempt = z
  .object({
    number: z.int(),
    outcome: AttemptOutcome.nullable(),
    worker: z.string(),
    started_at: Timestamp,
    ended_at: Timestamp.nullable(),
    error: StepError.nullable(),
  })
  .meta({ id: 'Attempt' });

const Step = z
  .object({
    name: z.string(),
    kind: StepKind,
    depends_on: z.array(z.string()),
    state: StepState,
    attempts: z.array(Attempt),
    progress: StepProgress.nullable(),
    started_at: Timestamp.nullable(),
    ended_at: Timestamp.nullable(),
    cached_from_run_id: z.string().nullable(),
    error: StepError.nullable(),
    waiting_for: z
      .string()
      .nullable()
      .meta({ description: 'Why a step that is QUEUED has not begun yet.', examples: ['a free worker'] }),
    outputs: z.record(z.string(), z.unknown()).nullable(),
    state_history: z.array(StateChange),
  })
  .meta({ id: 'Step' });

export const PipelineRun = z
  .object({
    id: z.string(),
    pipeline: z.string(),
    identifier: z.string(),
    state: RunState,
    parameters: z.record(z.string(), z.unknown()).meta({ description: 'All of them, defaults filled in.' }),
    config_hash: z.string().nullable(),
    tags: RunTags,
    note: z.string().nullable(),
    priority: z.int(),
    cloned_from: z.string().nullable(),
    schedule_id: z.string().nullable(),
    created_at: Timestamp,
    started_at: Timestamp.nullable(),
    ended_at: Timestamp.nullable(),
    state_history: z.array(StateChange),
    steps: z.array(Step),
    promotion_id: z.string().nullable(),
  })
  .meta({ id: 'PipelineRun' });
export type PipelineRun = z.infer<typeof PipelineRun>;

export const PipelineRunPage = pageOf(PipelineRun, 'PipelineRunPage');
export type PipelineRunPage = z.infer<typeof PipelineRunPage>;

/** What of a run people may change at any time; what is left out stays as it is. */
export const UpdatePipelineRun = z
  .strictObject({ tags: TagChanges.default({}), note: RunNote.nullable().optional() })
  .meta({ id: 'UpdatePipelineRun' });
export type UpdatePipelineRun = z.infer<typeof UpdatePipelineRun>;

export const RunPath = z.object({ id: z.uuid('must be the id of a run') });
export type RunPath = z.infer<typeof RunPath>;
