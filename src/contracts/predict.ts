import { z } from 'zod';
import { predictExample, recordsExample } from './examples.js';
import { importedType } from './imported-manifest.js';
import { ModelType } from './model-manifest.js';
import { checkTarget, predictTarget, predictTargetQuery } from './predict-target.js';
import { ServedType } from './served-manifest.js';
import { Datatype, TensorSpec } from './tensor.js';

export const maxRecords = 10_000;

const fields = z.strictObject({
  ...predictTarget,
  inference_length: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .meta({ description: 'Rows to forecast; 1 without it. Goes with data.' }),
  index_col: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'Name of the time column; `time` without it. Goes with data.' }),
  data: z.record(z.string(), z.array(z.unknown())).optional().meta({
    description:
      'For a forecaster: history as columns in raw units, a time column and the columns of the model. null is an empty cell.',
  }),
  records: z
    .array(z.unknown().meta({ type: 'object' }))
    .min(1)
    .max(maxRecords)
    .optional()
    .meta({
      description:
        'For an imported model with one input a column: a value for each of them, a prediction each. Other columns are left alone; null is an empty cell of a column of floats.',
      examples: [recordsExample],
    }),
});

/** A forecaster takes data, a model of columns records; only a forecast has a length and a time column. */
function checkForm(request: z.infer<typeof fields>, context: z.RefinementCtx): void {
  const { data, records } = request;
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (data && records) refuse('records', 'give data or records, not both');
  else if (!data && !records) {
    refuse('data', 'give data (history as columns, for a forecaster) or records (for an imported model)');
  } else if (records) {
    for (const name of ['inference_length', 'index_col'] as const)
      if (request[name] !== undefined) refuse(name, onlyWithData);
  }
}

/** What is wrong with `inference_length` and `index_col` beside records. */
export const onlyWithData = 'goes with data: each record has one prediction';

/**
 * The envelope of a prediction request. The values inside `data` and `records` are checked while they are copied into
 * the model's input: a schema over every one of them would cost more than the model.
 */
export const PredictRequest = fields
  .superRefine(checkTarget)
  .superRefine(checkForm)
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

type Element = number | string | boolean | null;

/**
 * One output of a model for one record: a value, the probability of each class, or an array. null is what is no finite
 * number; integers beyond 2^53 are texts.
 */
export type PredictedValue = Element | Record<string, Element> | unknown[];

/** Made value by value from typed arrays: a schema over each of them once more would cost as much as all the rest. */
export const Prediction = z.custom<Record<string, PredictedValue>>().meta({
  id: 'Prediction',
  type: 'object',
  description:
    'Of a forecast its time `ts` and its targets. Of a record the outputs of the model: a value for an output of one element a record, the probability of each class for an output whose classes are known, an array otherwise; null is what is no finite number, integers beyond 2^53 are texts.',
  additionalProperties: {
    oneOf: [
      { type: 'number', nullable: true },
      { type: 'string' },
      { type: 'boolean' },
      { type: 'object', additionalProperties: {} },
      { type: 'array', items: {} },
    ],
  },
});
export type Prediction = z.infer<typeof Prediction>;

/** Who answered, in this order of fields. */
function madeBy<Type extends z.ZodType>(model_type: Type) {
  return {
    identifier: z.string(),
    run_id: z.string(),
    model_type,
    model_version: z.int(),
    config_hash: z.string(),
  };
}

export const PredictAnswer = z
  .object({
    status: z.literal('SUCCESS'),
    ...madeBy(ServedType),
    predictions: z.array(Prediction).meta({
      examples: [[{ ts: '2011-01-01T00:00:00.000Z', temperature: 3.9 }]],
    }),
    req_id: z.string(),
  })
  .meta({ id: 'PredictAnswer' });
export type PredictAnswer = z.infer<typeof PredictAnswer>;

export const PredictSchemaQuery = z.object(predictTargetQuery).superRefine(checkTarget);
export type PredictSchemaQuery = z.infer<typeof PredictSchemaQuery>;

const example = PredictRequest.meta({ description: 'A request that works.' });

export const ForecastSchema = z
  .object({
    ...madeBy(ModelType),
    columns: z.array(z.string()),
    targets: z.array(z.string()),
    window: z.int().meta({ description: 'Rows that a forecast sees.' }),
    rows: z.int().meta({ description: 'Rows of history that it needs for them.' }),
    horizon: z.int(),
    step_ms: z.number(),
    units: z.string(),
    fill_values: z.record(z.string(), z.number()).meta({ description: 'What an empty cell becomes.' }),
    feedback: z.string(),
    example,
  })
  .meta({ id: 'ForecastSchema' });
export type ForecastSchema = z.infer<typeof ForecastSchema>;

export const RecordSchema = z
  .object({
    ...madeBy(z.literal(importedType)),
    columns: z.array(z.object({ name: z.string(), datatype: Datatype })).meta({
      description: 'What each record has to give; BYTES are texts, BOOL is true or false.',
    }),
    outputs: z.array(TensorSpec),
    classes: z.record(z.string(), z.array(z.union([z.string(), z.number()]))).meta({
      description: 'Labels of the probabilities of an output, by output.',
    }),
    example,
  })
  .meta({ id: 'RecordSchema' });
export type RecordSchema = z.infer<typeof RecordSchema>;

/** What a forecaster takes, or a model of columns. */
export const PredictSchemaAnswer = z
  .discriminatedUnion('model_type', [ForecastSchema, RecordSchema])
  .meta({ id: 'PredictSchema' });
export type PredictSchemaAnswer = z.infer<typeof PredictSchemaAnswer>;
