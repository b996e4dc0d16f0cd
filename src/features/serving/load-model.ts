import { importedType } from '../../contracts/imported-manifest.js';
import { ServedManifest } from '../../contracts/served-manifest.js';
import type { ServedModel } from '../../contracts/served-model.js';
import type { ServingMetrics } from '../../platform/metrics/serving-metrics.js';
import { getVerified } from '../../platform/object-store/content-address.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';
import { processHost } from '../../platform/onnx/process-host.js';
import { processMemoryLimit } from '../../platform/onnx/process-memory.js';
import { ServedSession } from '../../platform/onnx/served-session.js';
import { threadHost } from '../../platform/onnx/thread-host.js';
import type { Loaded } from './session-cache.js';

/** Rows of a batch of a model that a pipeline trained: more of them are hardly faster. */
const maxRows = 64;

/**
 * Fetches a model by its digest and loads it: one that we trained into a thread, an imported one into a process.
 *
 * @throws AppError `invalid_data` when its bytes are not those that were registered, or it does not load or does not
 *   run its example; `not_found`, `unavailable`
 */
export async function loadModel(
  store: ObjectStore,
  metrics: ServingMetrics,
  served: ServedModel,
): Promise<Loaded> {
  const [model, text] = await Promise.all([
    getVerified(store, served.model),
    getVerified(store, served.manifest),
  ]);
  const manifest = ServedManifest.parse(JSON.parse(text.toString('utf8')));
  const meter = metrics.meter(served.identifier, served.model_version);
  const [start, batchRows] =
    manifest.model_type === importedType
      ? [processHost({ model, manifest }, processMemoryLimit(model.length)), manifest.max_batch]
      : [threadHost({ model, manifest }), maxRows];
  const session = await ServedSession.load(start, { maxRows: batchRows, observer: meter });
  return { served, manifest, session, meter };
}
