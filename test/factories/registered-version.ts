import { caller } from './caller.js';
import type { ModelVersion } from '../../src/generated/prisma/client.js';
import type { Database } from '../../src/platform/database/database.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { cancelRun } from '../../src/engine/cancel-run.js';
import { importedModel } from './imported-model.js';
import { trainedModel } from './promotion.js';

/** The next version of a model, for tests in which nobody asks it anything: its bytes are no model. */
export function registeredVersion(db: Database, store: ObjectStore, name: string): Promise<ModelVersion> {
  return importedModel(db, store, name, Buffer.from(`of ${name}`), {
    signature: { inputs: [], outputs: [] },
  });
}

/** A version that a pipeline run trained, which then was canceled: the run has ended, and nothing was promoted. */
export async function abandonedModel(db: Database, identifier: string): Promise<ModelVersion> {
  const model = await trainedModel(db, { identifier });
  const { pipeline_run_id } = await db.trackedRun.findUniqueOrThrow({ where: { run_id: model.run_id! } });
  await cancelRun(db, pipeline_run_id!, caller('tester'));
  return model;
}
