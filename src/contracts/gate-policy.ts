import { z } from 'zod';
import { Identifier } from './identifier.js';
import { Problem } from './problem.js';
import { Timestamp } from './timestamp.js';

const optional = (limit: z.ZodNumber | z.ZodInt, description: string) =>
  limit.nullable().default(null).meta({ description });
const atMost = (what: string) => optional(z.number().positive(), `The held-out ${what} may be this at most.`);

const ChampionPolicy = z
  .strictObject({
    rule: z.enum(['not_worse', 'better', 'off']).default('not_worse').meta({
      description:
        'not_worse: by_percent worse at most. better: by_percent better at least, and at least a little. off: not compared.',
    }),
    by_percent: z.number().min(0).max(100).default(0),
    sure: z.boolean().default(false).meta({
      description: 'The whole 95 % interval of the difference must keep the rule, not only the difference.',
    }),
    min_windows: z.int().min(1).max(1_000_000).default(30).meta({
      description:
        'Fewer held-out windows that are new to both models say nothing: the gate is not comparable.',
    }),
  })
  .prefault({})
  .meta({ description: 'Against what serves now, both on the same held-out rows.' });

/** The conditions for a promotion. That metrics are finite and that the model runs its example is always one. */
export const GatePolicy = z
  .strictObject({
    beats_naive: z.boolean().default(true).meta({
      description: 'Its score must be better than that of repeating the last value.',
    }),
    champion: ChampionPolicy,
    limits: z
      .strictObject({
        score: atMost('score'),
        rmse: atMost('rmse, scaled,'),
        mae: atMost('mae, scaled,'),
        mse: atMost('mse, scaled,'),
        rmse_raw: atMost('rmse in the units of the data'),
        mae_raw: atMost('mae in the units of the data'),
      })
      .prefault({}),
    min_train_rows: optional(z.int().positive(), 'Rows that it must have been trained on.'),
    min_windows: optional(z.int().positive(), 'Held-out windows that it must have been measured on.'),
    max_latency_ms: optional(
      z.number().positive(),
      'The 95th percentile of single-row predictions, measured when it is judged, may be this at most.',
    ),
    max_size_bytes: optional(z.int().positive(), 'The model file may have this size at most.'),
    manual_approval: z.boolean().default(false).meta({
      description: 'What the gates let pass waits until somebody approves or rejects it.',
    }),
  })
  .meta({
    id: 'GatePolicy',
    examples: [
      { champion: { rule: 'better', by_percent: 1 }, limits: { rmse: 0.05 }, manual_approval: true },
    ],
  });
export type GatePolicy = z.infer<typeof GatePolicy>;

/** What holds where nobody has set anything. */
export const presetGatePolicy: GatePolicy = GatePolicy.parse({});

const PipelineName = z.string().regex(/^[\w-]{1,100}$/, 'must be the name of a pipeline');
const scopes = { identifier: Identifier.optional(), pipeline: PipelineName.optional() };

export const GatesQuery = z.object(scopes);
export type GatesQuery = z.infer<typeof GatesQuery>;

/** Whose gates are set: one of them. */
export const GatesScope = z.object(scopes).superRefine(({ identifier, pipeline }, context) => {
  if ((identifier === undefined) !== (pipeline === undefined)) return;
  context.addIssue({
    code: 'custom',
    path: ['identifier'],
    message: 'give either identifier or pipeline: whose gates they are',
  });
});
export type GatesScope = z.infer<typeof GatesScope>;

/** The gates that hold, and who set them. */
export const Gates = z
  .object({
    scope: z.enum(['identifier', 'pipeline', 'preset']),
    name: z.string().nullable().meta({ description: 'Of the identifier or the pipeline.' }),
    version: z.int().meta({ description: '1, 2, 3, … of what was set, for If-Match; 0 for the preset.' }),
    policy: GatePolicy,
    updated_by: z.string().nullable(),
    updated_at: Timestamp.nullable(),
  })
  .meta({ id: 'Gates' });
export type Gates = z.infer<typeof Gates>;

/** What is set instead of what the caller has seen; null when nothing is. */
export const GatesMoved = Problem.extend({ current: Gates.nullable() }).meta({ id: 'GatesMoved' });
