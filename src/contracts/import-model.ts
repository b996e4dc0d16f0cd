import { z } from 'zod';
import { Identifier } from './identifier.js';
import { ModelDescription, ModelTags } from './model-labels.js';
import { JsonTensor } from './tensor.js';

/** A field of a form that holds JSON. */
const JsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

/** The text fields of the form that a model is imported by. */
export const ImportModel = z.strictObject({
  name: Identifier.meta({
    description: 'Of the registered model; it gets another version when there is one of that name.',
    examples: ['churn'],
  }),
  description: ModelDescription.optional(),
  tags: JsonText.pipe(ModelTags)
    .optional()
    .meta({ description: 'A JSON object of texts.', examples: ['{"team": "growth"}'] }),
  max_batch: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(1_024))
    .optional()
    .meta({
      description:
        'Rows of different requests that may be run together, 1 to 1024. Without it 64, if the example shows that rows know nothing of each other, and otherwise 1.',
      examples: ['64'],
    }),
  example: JsonText.transform(tensorsOf)
    .pipe(z.array(JsonTensor).min(1))
    .optional()
    .meta({
      description:
        'A request that the model must answer, now and whenever it is loaded: JSON tensors, [{"name", "shape", "datatype", "data"}] or {"inputs": […]}. Only a model with an example is tried for batches.',
      examples: ['[{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [0.5, 1]}]'],
    }),
});
export type ImportModel = z.infer<typeof ImportModel>;

/** The same for a model that the path names. */
export const ImportVersion = ImportModel.omit({ name: true });

/** Of a list of tensors, or of a request as the inference protocol has it. */
function tensorsOf(example: unknown): unknown {
  const isRequest = typeof example === 'object' && example !== null && 'inputs' in example;
  return isRequest ? example.inputs : example;
}

const file = z
  .string()
  .meta({ format: 'binary', description: 'The ONNX file, with all its weights inside.' });

/** The whole form. */
export const ImportForm = ImportModel.extend({ file });
/** The whole form for a model that the path names. */
export const ImportVersionForm = ImportVersion.extend({ file });
