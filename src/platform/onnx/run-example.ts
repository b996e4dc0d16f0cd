import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../../contracts/app-error.js';
import { type ImportedManifest, importedType } from '../../contracts/imported-manifest.js';
import type { ModelManifest } from '../../contracts/model-manifest.js';
import type { ServedManifest } from '../../contracts/served-manifest.js';
import { exampleInputs } from './example-inputs.js';
import { runSession } from './run-session.js';

/** Other processors round float32 products a little differently: on the scaler's scale, and of the value itself. */
const tolerance = { scaled: 1e-4, relative: 1e-6 };

/**
 * Runs the request that the manifest holds, and compares the answer of a model that we trained with the one it had
 * then. What an imported model should answer, nobody said.
 *
 * @throws AppError `invalid_data` when the model answers something else, or not at all
 */
export async function runExample(session: InferenceSession, manifest: ServedManifest): Promise<void> {
  if (manifest.model_type === importedType) await runImportedExample(session, manifest);
  else await runForecastExample(session, manifest);
}

async function runImportedExample(
  session: InferenceSession,
  { signature, example }: ImportedManifest,
): Promise<void> {
  if (!example) return;
  try {
    await runSession(session, signature, exampleInputs(signature, example));
  } catch (cause) {
    throw doesNotRun(cause);
  }
}

/** ONNX Runtime's own words tell most, at any length. */
function doesNotRun(cause: unknown): AppError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AppError('invalid_data', `the model does not run its example: ${why.slice(0, 500)}`, { cause });
}

async function runForecastExample(session: InferenceSession, manifest: ModelManifest): Promise<void> {
  const { time, columns, forecast } = manifest.example;
  const expected = forecast.flat();
  const cells = Float64Array.from(columns.flat(), (cell) => cell ?? Number.NaN);
  const outputs = await session
    .run({
      time: new Tensor('int64', BigInt64Array.from(time, BigInt), [1, time.length]),
      columns: new Tensor('float64', cells, [1, time.length, manifest.columns.length]),
    })
    .catch((cause: unknown) => {
      throw doesNotRun(cause);
    });
  const actual = outputs.forecast?.data;
  if (!(actual instanceof Float64Array) || actual.length !== expected.length) {
    throw new AppError(
      'invalid_data',
      `the model does not give the ${expected.length} numbers of its example`,
    );
  }
  const { features, scaler } = manifest.preprocess;
  const scales = manifest.targets.map((target) => scaler.scale[features.indexOf(target)] ?? 1);
  expected.forEach((value, i) => {
    const allowed = tolerance.scaled * scales[i % scales.length]! + tolerance.relative * Math.abs(value);
    if (Math.abs(actual[i]! - value) <= allowed) return;
    throw new AppError('invalid_data', `the model answers ${actual[i]} where its example has ${value}`);
  });
}
