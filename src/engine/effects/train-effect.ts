import { AppError } from '../../contracts/app-error.js';
import { buckets, trackedFileKey } from '../../contracts/object-keys.js';
import type { ModelType } from '../../contracts/model-manifest.js';
import type { TrainOutput, TrainResult } from '../../contracts/steps/train.js';
import type { EffectContext } from '../effect.js';
import { nextVersion } from '../next-version.js';
import { endTrackedRun } from '../tracked-runs.js';
import { wantProjections } from '../want-projections.js';
import { mediaTypeOf, mediaTypes } from '../../platform/media-types.js';
import { registerArtifacts } from './register-artifacts.js';

interface Trained {
  input: { identifier: string; config_hash: string; model_type: ModelType };
  result: TrainResult;
}

/** Registers the trained model as the next version of the identifier's, and closes the tracked run with its files. */
export async function trainEffect({ input, result }: Trained, context: EffectContext): Promise<TrainOutput> {
  const { run, step, trackedRun } = context;
  if (!trackedRun) throw new AppError('internal', `step ${step} trained without a tracked run`);
  const { tx } = run;
  const { run_id, experiment_id } = trackedRun;
  const { identifier: name, config_hash, model_type } = input;
  const { model, manifest, files, metrics } = result;

  const version = await nextVersion(tx, name, run.row.created_by);
  await registerArtifacts(run, [
    { file: model, mediaType: mediaTypes.onnx },
    { file: manifest, mediaType: mediaTypes.json },
    ...files.map(({ path, file }) => ({ file, mediaType: mediaTypeOf(path) })),
  ]);
  await tx.modelVersion.create({
    data: {
      name,
      version,
      model_type,
      run_id,
      config_hash,
      model_sha256: model.sha256,
      manifest_sha256: manifest.sha256,
      metrics,
      created_by: run.row.created_by,
    },
  });
  await tx.trackedFile.createMany({
    data: files.map(({ path, file }) => ({ run_id, path, sha256: file.sha256 })),
  });
  await endTrackedRun(tx, { run_id: run.row.id, step, attempt: run.step(step).attempt }, 'FINISHED');
  await wantProjections(
    tx,
    buckets.mlflow,
    files.map(({ path, file }) => ({
      key: trackedFileKey(experiment_id, run_id, path),
      source: { type: 'artifact', file, content_type: mediaTypeOf(path) },
    })),
  );
  return { ...result, model_version: version, tracked_run_id: run_id };
}
