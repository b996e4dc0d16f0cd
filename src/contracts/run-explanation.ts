import { z } from 'zod';
import { StepState } from './states.js';

const ExplainedInput = z
  .object({
    name: z.string(),
    value: z.unknown().meta({ description: 'A digest where it stands for bytes.' }),
    before: z.unknown().meta({ description: 'In the run compared with; absent where that has none.' }),
    changed: z.boolean().nullable().meta({ description: 'Null when there is nothing to compare with.' }),
  })
  .meta({ id: 'ExplainedInput' });

const ExplainedStep = z
  .object({
    step: z.string(),
    state: StepState,
    decision: z.enum(['reused', 'ran', 'undecided']),
    reason: z.string(),
    cached_from_run_id: z.string().nullable(),
    compared_with_run_id: z.string().nullable(),
    inputs: z.array(ExplainedInput),
  })
  .meta({ id: 'ExplainedStep' });
export type ExplainedStep = z.infer<typeof ExplainedStep>;

/** Why each step of a run ran or was reused. */
export const RunExplanation = z
  .object({ pipeline_run_id: z.string(), steps: z.array(ExplainedStep) })
  .meta({ id: 'RunExplanation' });
export type RunExplanation = z.infer<typeof RunExplanation>;
