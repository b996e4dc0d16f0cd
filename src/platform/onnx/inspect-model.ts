import type { InferenceSession } from 'onnxruntime-node';
import { AppError } from '../../contracts/app-error.js';
import { ImportedFacts } from '../../contracts/imported-manifest.js';
import type { JsonTensor, ModelSignature } from '../../contracts/tensor.js';
import { decideMaxBatch } from './decide-max-batch.js';
import { exampleInputs } from './example-inputs.js';
import { readImported } from './read-imported.js';
import { readSignature } from './read-signature.js';
import { runSession } from './run-session.js';
import { createSession } from './session.js';
import type { TensorData } from './tensor-data.js';

/** Of names, labels and shapes, as JSON. Enough for the labels of tens of thousands of classes. */
const longestFacts = 1_048_576;

/** What is to be found out about a model, beside what it says itself. */
export interface Inspection {
  /** A request that it must answer. */
  example: JsonTensor[] | null;
  /** Rows of a batch, as the importer says; undefined when it is to be decided. */
  max_batch?: number;
}

/**
 * Looks at a model that nobody here made, loads it and runs its example. Only in a process that may end over it.
 *
 * @throws AppError that says why it cannot be imported
 */
export async function inspectModel(file: Uint8Array, inspection: Inspection): Promise<ImportedFacts> {
  const { model, opset, producer, classes } = readImported(file);
  const session = await createSession(model);
  try {
    const signature = readSignature(session);
    if (signature.outputs.length === 0) {
      throw new AppError(
        'unprocessable',
        'no output of the model is a tensor: lists and maps cannot be read',
      );
    }
    const max_batch = await tryExample(session, signature, inspection);
    return checked({ signature, max_batch, classes: fitting(signature, classes), opset, producer });
  } finally {
    await session.release();
  }
}

async function tryExample(
  session: InferenceSession,
  signature: ModelSignature,
  { example, max_batch: given }: Inspection,
): Promise<number> {
  if (!example) return decideMaxBatch(session, signature, { given });
  const inputs = exampleInputs(signature, example);
  let outputs: TensorData[];
  try {
    outputs = await runSession(session, signature, inputs);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('unprocessable', `the model does not run its example: ${reason}`, { cause });
  }
  return decideMaxBatch(session, signature, { inputs, outputs, given });
}

/** Names and labels are the model's own: any text of any length, and they are stored and shown. */
function checked(facts: ImportedFacts): ImportedFacts {
  const text = JSON.stringify(facts);
  if (text.length > longestFacts) {
    throw new AppError(
      'unprocessable',
      `the names in the model come to more than ${longestFacts} characters`,
    );
  }
  if (text.includes('\\u0000'))
    throw new AppError('unprocessable', 'a name in the model has a zero character');
  return ImportedFacts.parse(facts);
}

/** Labels of outputs that can be read and have a column for each, as far as their width is known. */
function fitting({ outputs }: ModelSignature, classes: ImportedFacts['classes']): ImportedFacts['classes'] {
  const entries = outputs.flatMap(({ name, shape }) => {
    const labels = classes[name];
    const width = shape.at(-1);
    return labels && (width === -1 || width === labels.length) ? [[name, labels] as const] : [];
  });
  return Object.fromEntries(entries);
}
