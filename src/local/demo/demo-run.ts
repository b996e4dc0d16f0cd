import { z } from 'zod';
import { Gate } from '../../contracts/gate.js';
import { ScoreboardRow } from '../../contracts/scoreboard.js';
import { RunState, StepState } from '../../contracts/states.js';
import { StepError } from '../../contracts/step-error.js';
import { StepProgress } from '../../contracts/step-progress.js';

/** What the demonstration reads of a step. Times are text here: this is the client's side. */
export const DemoStep = z.object({
  name: z.string(),
  state: StepState,
  progress: StepProgress.nullable(),
  started_at: z.iso.datetime().nullable(),
  ended_at: z.iso.datetime().nullable(),
  cached_from_run_id: z.string().nullable(),
  error: StepError.nullable(),
  outputs: z.record(z.string(), z.unknown()).nullable(),
  state_history: z.array(z.object({ state: z.string(), reason: z.string().nullable() })),
});
export type DemoStep = z.infer<typeof DemoStep>;

export const DemoRun = z.object({
  id: z.string(),
  state: RunState,
  steps: z.array(DemoStep),
  promotion_id: z.string().nullable(),
});
export type DemoRun = z.infer<typeof DemoRun>;

/** What `evaluate` found. */
export const Evaluation = z.object({
  scoreboard: z.array(ScoreboardRow),
  winner: z.string().nullable(),
  gates: z.array(Gate),
  serving: z.object({ model_type: z.string(), model_version: z.int() }).nullable(),
});
export type Evaluation = z.infer<typeof Evaluation>;
