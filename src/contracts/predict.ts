import { z } from 'zod';
import { predictExample } from './examples.js';
import { Identifier } from './identifier.js';
import { ModelType } from './model-manifest.js';
import { ServedType } from './served-manifest.js';

const Hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');

/**
 * The envelope of a prediction request. The numbers inside `data` are checked while they are copied into the model's
 * input: a schema over every one of them would cost more than the model.
 */
export const PredictRequest = z
  .strictObject({
    identifier: Identifier.optional(),
    config_hash: Hash.optional().meta({ description: 'The newest promotion made under this configuration.' }),
    inference_length: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: 'Rows to forecast; 1 without it.' }),
    index_col: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .meta({ description: 'Name of the time column; `time` without it.' }),
    data: z.record(z.string(), z.array(z.unknown())).meta({
      description:
        'History as columns in raw units: a time column and the columns of the model. null is an empty cell.',
    }),
  })
  .meta({
    id: 'PredictRequest',
    examples: [predictExample],
  });
export type PredictRequest = z.infer<typeof PredictRequest>;

export const PredictQuery = z.object({
  inference_length: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(10_000))
    .optional()
    .meta({ description: 'As in the body, which wins.', examples: ['3'] }),
});
export type PredictQuery = z.infer<typeof PredictQuery>;

export const PredictAnswer = z
  .object({
    status: z.literal('SUCCESS'),
    identifier: z.string(),
    run_id: z.string(),
    model_type: ServedType,
    model_version: z.int(),
    config_hash: z.string(),
    predictions: z.array(z.record(z.string(), z.union([z.string(), z.number()]))).meta({
      examples: [[{ ts: '2011-01-01T00:00:00.000Z', temperature: 3.9 }]],
    }),
    req_id: z.string(),
  })
  .meta({ id: 'PredictAnswer' });
export type PredictAnswer = z.infer<typeof PredictAnswer>;

export const PredictSchemaQuery = z.object({
  identifier: Identifier.optional(),
  config_hash: Hash.optional(),
});
export type PredictSchemaQuery = z.infer<typeof PredictSchemaQuery>;

export const PredictSchemaAnswer = z
  .object({
    identifier: z.string(),
    run_id: z.string(),
    model_type: ModelType,
    model_version: z.int(),
    config_hash: z.string(),
    columns: z.array(z.string()),
    targets: z.array(z.string()),
    window: z.int().meta({ description: 'Rows that a forecast sees.' }),
    rows: z.int().meta({ description: 'Rows of history that it needs for them.' }),
    horizon: z.int(),
    step_ms: z.number(),
    units: z.string(),
    fill_values: z.record(z.string(), z.number()).meta({ description: 'What an empty cell becomes.' }),
    feedback: z.string(),
    example: PredictRequest.meta({ description: 'A request that works.' }),
  })
  .meta({ id: 'PredictSchema' });
export type PredictSchemaAnswer = z.infer<typeof PredictSchemaAnswer>;
