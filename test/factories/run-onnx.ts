import { InferenceSession, Tensor } from 'onnxruntime-node';

/** A dense array and its dimensions, as a model takes it. */
export interface Feed {
  values: Float32Array | Float64Array | BigInt64Array;
  dims: readonly number[];
}

/** Runs a model once and gives the numbers of its outputs by name. */
export async function runOnnx(
  model: Uint8Array,
  feeds: Record<string, Feed>,
): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  try {
    const tensors = Object.entries(feeds).map(([name, feed]) => [name, tensorOf(feed)] as const);
    const outputs = await session.run(Object.fromEntries(tensors));
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, numbersOf(data)]));
  } finally {
    await session.release();
  }
}

function tensorOf({ values, dims }: Feed): Tensor {
  if (values instanceof BigInt64Array) return new Tensor('int64', values, dims);
  return values instanceof Float32Array
    ? new Tensor('float32', values, dims)
    : new Tensor('float64', values, dims);
}

function numbersOf(data: Tensor['data']): number[] {
  if (data instanceof Float32Array || data instanceof Float64Array) return [...data];
  throw new TypeError('the model has an output that is not of floats');
}
