import type { InferenceSession } from 'onnxruntime-node';
import { AppError } from '../../contracts/app-error.js';
import type { ModelSignature } from '../../contracts/tensor.js';
import { concatenate, split } from './batch.js';
import { runSession } from './run-session.js';
import { sameTensors } from './same-tensors.js';
import type { TensorData } from './tensor-data.js';

/** Rows of a batch when nobody says how many: more are hardly faster. */
const usual = 64;

export interface BatchTrial {
  /** What the example asked, and what the model answered to it; undefined without an example. */
  inputs?: TensorData[];
  outputs?: TensorData[];
  /** What the importer says. */
  given?: number;
}

/**
 * How many rows of different requests may be run together. An axis that is free may still not be one of rows that know
 * nothing of each other, so it is tried: the example's rows twice must give its answer twice.
 *
 * @returns 1 when nobody knows that more are right
 * @throws AppError `unprocessable` when more are asked for and it is known to be wrong
 */
export async function decideMaxBatch(
  session: InferenceSession,
  signature: ModelSignature,
  { inputs, outputs, given }: BatchTrial,
): Promise<number> {
  if (given === 1) return 1;
  const fixed = [...signature.inputs, ...signature.outputs].find(({ shape }) => shape[0] !== -1);
  const why = fixed
    ? `the first axis of "${fixed.name}" is not free`
    : inputs && outputs && (await findDependence(session, signature, inputs, outputs));
  if (why === undefined) return given ?? (inputs ? usual : 1);
  if (given === undefined) return 1;
  throw new AppError('unprocessable', `max_batch can only be 1: ${why}`);
}

/** Why rows cannot be run together, if they cannot. */
async function findDependence(
  session: InferenceSession,
  signature: ModelSignature,
  inputs: readonly TensorData[],
  outputs: readonly TensorData[],
): Promise<string | undefined> {
  const rows = inputs[0]?.shape[0] ?? 0;
  if (rows === 0) return 'the example has no rows to try it with';
  if (inputs.some(({ shape }) => shape[0] !== rows)) {
    return 'the inputs of the example have different numbers of rows';
  }
  const other = signature.outputs.find((_, i) => outputs[i]!.shape[0] !== rows);
  if (other) return `output "${other.name}" does not have a row for each row of the example`;
  const twice = signature.inputs.map(({ datatype }, i) => concatenate(datatype, [inputs[i]!, inputs[i]!]));
  let answers: TensorData[];
  try {
    answers = await runSession(session, signature, twice);
  } catch {
    return 'the model does not run the rows of its example twice at once';
  }
  const changed = signature.outputs.find(({ datatype }, i) => {
    const answer = answers[i]!;
    if (answer.shape[0] !== 2 * rows) return true;
    return !split(answer, [rows, rows]).every((half) => sameTensors(datatype, outputs[i]!, half));
  });
  return changed && `rows of output "${changed.name}" change when others are run with them`;
}
