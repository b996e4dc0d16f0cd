import { z } from 'zod';
import { Identifier } from './identifier.js';
import { PageQuery, pageOf } from './page.js';
import { Attempt } from './pipeline-run.js';
import { StepKind } from './states.js';
import { StepError } from './step-error.js';
import { Timestamp } from './timestamp.js';

export const DeadLetter = z
  .object({
    id: z.string(),
    pipeline_run_id: z.string(),
    pipeline: z.string(),
    identifier: z.string(),
    step: z.string(),
    kind: z.string(),
    input: z.unknown().meta({ description: 'What the step was given; null when it could not even be made.' }),
    error: StepError,
    attempts: z.array(Attempt),
    created_at: Timestamp,
    replayed_at: Timestamp.nullable(),
  })
  .meta({ id: 'DeadLetter', description: 'A step that gave up.' });
export type DeadLetter = z.infer<typeof DeadLetter>;

export const DeadLetterPage = pageOf(DeadLetter, 'DeadLetterPage');
export type DeadLetterPage = z.infer<typeof DeadLetterPage>;

export const ListDeadLetters = PageQuery.extend({
  kind: StepKind.optional(),
  pipeline: z.string().max(100).optional(),
  identifier: Identifier.optional(),
  replayed: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'true: those whose steps were run again. Without it: the open ones.' }),
});
export type ListDeadLetters = z.infer<typeof ListDeadLetters>;

export const DeadLetterPath = z.object({ id: z.uuid('must be the id of a dead letter') });
export type DeadLetterPath = z.infer<typeof DeadLetterPath>;
