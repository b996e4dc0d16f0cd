import { randomUUID } from 'node:crypto';
import type { ImportedManifest } from '../../src/contracts/imported-manifest.js';
import { buckets } from '../../src/contracts/object-keys.js';
import type { ModelSignature } from '../../src/contracts/tensor.js';
import type { ModelVersion } from '../../src/generated/prisma/client.js';
import type { Database } from '../../src/platform/database/database.js';
import { mediaTypes } from '../../src/platform/media-types.js';
import { putByDigest } from '../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { readSignature } from '../../src/platform/onnx/read-signature.js';
import { createSession } from '../../src/platform/onnx/session.js';
import { importedManifest } from './small-models.js';

export interface ImportedModelSettings extends Partial<
  Pick<ImportedManifest, 'signature' | 'classes' | 'example'>
> {
  /** What was measured elsewhere, if anything was. */
  metrics?: Record<string, number>;
}

/**
 * Registers an ONNX file that somebody made elsewhere as the next version of a model: served in a process.
 * @param settings `signature` for bytes that are no model, and so have none
 */
export async function importedModel(
  db: Database,
  store: ObjectStore,
  name: string,
  bytes: Uint8Array,
  { metrics = {}, ...settings }: ImportedModelSettings = {},
): Promise<ModelVersion> {
  const signature = settings.signature ?? (await signatureOf(bytes));
  const isBatchable = [...signature.inputs, ...signature.outputs].every(({ shape }) => shape[0] === -1);
  const file = await putByDigest(store, buckets.artifacts, bytes, mediaTypes.onnx);
  const manifest = importedManifest({
    identifier: name,
    signature,
    max_batch: isBatchable ? 32 : 1,
    producer: 'somebody',
    sha256: file.sha256,
    size: file.size,
    ...settings,
  });
  const text = Buffer.from(JSON.stringify(manifest));
  const manifestFile = await putByDigest(store, buckets.artifacts, text, mediaTypes.json);
  await db.artifact.createMany({
    data: [
      { ...file, media_type: mediaTypes.onnx },
      { ...manifestFile, media_type: mediaTypes.json },
    ],
    skipDuplicates: true,
  });
  const { last_version: version } = await db.registeredModel.upsert({
    where: { name },
    create: { name, last_version: 1 },
    update: { last_version: { increment: 1 } },
  });
  const { run_id } = await db.trackedRun.create({
    data: {
      run_id: randomUUID().replaceAll('-', ''),
      name: 'import',
      user_id: 'tester',
      experiment: { connectOrCreate: { where: { name: 'imports' }, create: { name: 'imports' } } },
    },
  });
  return db.modelVersion.create({
    data: {
      name,
      version,
      model_type: 'ONNX',
      run_id,
      config_hash: file.sha256,
      model_sha256: file.sha256,
      manifest_sha256: manifestFile.sha256,
      metrics,
    },
  });
}

async function signatureOf(bytes: Uint8Array): Promise<ModelSignature> {
  const session = await createSession(bytes);
  try {
    return readSignature(session);
  } finally {
    await session.release();
  }
}
