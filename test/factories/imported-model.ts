import { randomUUID } from 'node:crypto';
import { type ImportedManifest, importedType } from '../../src/contracts/imported-manifest.js';
import { buckets } from '../../src/contracts/object-keys.js';
import type { ModelSignature } from '../../src/contracts/tensor.js';
import type { ModelVersion } from '../../src/generated/prisma/client.js';
import type { Database } from '../../src/platform/database/database.js';
import { mediaTypes } from '../../src/platform/media-types.js';
import { putByDigest } from '../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { readSignature } from '../../src/platform/onnx/read-signature.js';
import { createSession } from '../../src/platform/onnx/session.js';
import { houseKinds, houseModel } from './column-models.js';
import { importedManifest } from './imported-manifest.js';

export interface ImportedModelSettings {
  identifier?: string;
  /** The model of houses by default. */
  bytes?: Uint8Array;
  /** What the model itself says by default; to be given for bytes that are no model. */
  signature?: ModelSignature;
  max_batch?: number;
  classes?: ImportedManifest['classes'];
  example?: ImportedManifest['example'];
  /** That of the version: what was measured elsewhere, if anything was. */
  metrics?: Record<string, number>;
}

export interface ImportedModel {
  /** As it stands in the registry. */
  version: ModelVersion;
  manifest: ImportedManifest;
}

/** Registers a model that was made elsewhere as the next version of its identifier: bytes, manifest, and all rows. */
export async function importedModel(
  db: Database,
  store: ObjectStore,
  { identifier = 'imported', bytes, ...settings }: ImportedModelSettings = {},
): Promise<ImportedModel> {
  const model = bytes ?? houseModel();
  const file = await putByDigest(store, buckets.artifacts, model, mediaTypes.onnx);
  const manifest = importedManifest({
    identifier,
    signature: settings.signature ?? (await signatureOf(model)),
    max_batch: settings.max_batch ?? 32,
    classes: settings.classes ?? (bytes ? {} : { kind: houseKinds }),
    example: settings.example ?? null,
    sha256: file.sha256,
    size: file.size,
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
  const run_id = randomUUID().replaceAll('-', '');
  const experiment = { name: `imported/${identifier}` };
  await db.trackedRun.create({
    data: {
      run_id,
      name: `${identifier} ${importedType}`,
      user_id: 'tester',
      status: 'FINISHED',
      end_time: new Date(),
      experiment: { connectOrCreate: { where: experiment, create: experiment } },
    },
  });
  const { last_version } = await db.registeredModel.upsert({
    where: { name: identifier },
    create: { name: identifier, last_version: 1 },
    update: { last_version: { increment: 1 } },
  });
  const version = await db.modelVersion.create({
    data: {
      name: identifier,
      version: last_version,
      model_type: importedType,
      run_id,
      // Its configuration is the file: nothing else decided what it is.
      config_hash: file.sha256,
      model_sha256: file.sha256,
      manifest_sha256: manifestFile.sha256,
      metrics: settings.metrics ?? {},
    },
  });
  return { version, manifest };
}

async function signatureOf(bytes: Uint8Array): Promise<ModelSignature> {
  const session = await createSession(bytes);
  try {
    return readSignature(session);
  } finally {
    await session.release();
  }
}
