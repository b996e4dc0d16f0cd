import type { InferenceSession } from 'onnxruntime-node';
import { AppError } from '../contracts/app-error.js';
import type { ArtifactRef } from '../contracts/artifact-ref.js';
import type { Gate } from '../contracts/gate.js';
import { importedType } from '../contracts/imported-manifest.js';
import type { ModelManifest } from '../contracts/model-manifest.js';
import { ServedManifest } from '../contracts/served-manifest.js';
import { getVerified } from '../platform/object-store/content-address.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { runExample } from '../platform/onnx/run-example.js';
import { createSession } from '../platform/onnx/session.js';

export interface LoadedModel {
  manifest: ModelManifest;
  session: InferenceSession;
}

/**
 * Loads a stored forecaster as a server would, and says as a gate whether it runs its example.
 * @returns no model when it does not: it must then not be promoted, so that the pointer never names what cannot serve
 * @throws AppError `unavailable` when the store cannot be reached
 */
export async function loadModel(
  store: Pick<ObjectStore, 'get'>,
  { model, manifest: manifestRef }: { model: ArtifactRef; manifest: ArtifactRef },
): Promise<{ gate: Gate; model?: LoadedModel }> {
  const gate = (verdict: 'passed' | 'failed', message: string): Gate => ({
    name: 'runs_its_example',
    verdict,
    inputs: { sha256: model.sha256 },
    message,
  });
  let session: InferenceSession | undefined;
  try {
    const text = (await getVerified(store, manifestRef)).toString('utf8');
    const manifest = ServedManifest.parse(JSON.parse(text));
    if (manifest.model_type === importedType) {
      throw new AppError('invalid_data', 'it was imported: it takes records and forecasts no series');
    }
    session = await createSession(await getVerified(store, model));
    await runExample(session, manifest);
    return { gate: gate('passed', 'the model loads and runs its example'), model: { manifest, session } };
  } catch (error) {
    await session?.release();
    // A store that cannot be reached says nothing about the model; bytes that are gone or damaged do.
    if (error instanceof AppError && error.code === 'unavailable') throw error;
    return { gate: gate('failed', error instanceof Error ? error.message : String(error)) };
  }
}
