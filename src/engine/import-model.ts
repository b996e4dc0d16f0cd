import { randomUUID } from 'node:crypto';
import type { ArtifactRef } from '../contracts/artifact-ref.js';
import type { Caller } from '../contracts/caller.js';
import { type ImportedFacts, importedType } from '../contracts/imported-manifest.js';
import { buckets, trackedFileKey } from '../contracts/object-keys.js';
import type { Tx } from '../platform/database/database.js';
import { mediaTypeOf } from '../platform/media-types.js';
import { nameArtifacts } from './name-artifacts.js';
import { nextVersion } from './next-version.js';
import { refuseArchivedModel } from './registry/archived.js';
import { registryPaths } from './registry/registry-paths.js';
import { openExperiment } from './tracked-runs.js';
import { wantProjections } from './want-projections.js';
import { writeAudit } from './write-audit.js';

export interface NewImport {
  name: string;
  /** Stored already. */
  model: ArtifactRef;
  manifest: ArtifactRef;
  facts: ImportedFacts;
  description: string | null;
  tags: Record<string, string>;
  /** What the file was called. */
  source: string;
}

/**
 * Registers an imported model as the next version of its name, with a tracked run of its own, all in the caller's
 * transaction. Its configuration is its bytes: `config_hash` is their SHA-256.
 *
 * @returns the version
 * @throws AppError `conflict` when the model is archived
 */
export async function importModel(tx: Tx, by: Caller, imported: NewImport): Promise<number> {
  const { name, model, manifest, facts, description, tags, source } = imported;
  const version = await nextVersion(tx, name, by.name);
  // Whoever archives the model waits for the lock that the new number has given us, or has had it before.
  refuseArchivedModel(await tx.registeredModel.findUniqueOrThrow({ where: { name } }));
  const files = [
    { path: `${importedType}/model.onnx`, file: model },
    { path: `${importedType}/manifest.json`, file: manifest },
  ].map(({ path, file }) => ({ path, file, mediaType: mediaTypeOf(path) }));
  await nameArtifacts(tx, files);
  const { run_id, experiment_id } = await writeTrackedRun(tx, by.name, imported);
  await tx.trackedFile.createMany({
    data: files.map(({ path, file }) => ({ run_id, path, sha256: file.sha256 })),
  });
  await tx.modelVersion.create({
    data: {
      name,
      version,
      model_type: importedType,
      run_id,
      config_hash: model.sha256,
      model_sha256: model.sha256,
      manifest_sha256: manifest.sha256,
      metrics: {},
      description,
      imported: facts,
      created_by: by.name,
      tags: { createMany: { data: entries(tags) } },
    },
  });
  await wantProjections(
    tx,
    buckets.mlflow,
    files.map(({ path, file, mediaType }) => ({
      key: trackedFileKey(experiment_id, run_id, path),
      source: { type: 'artifact', file, content_type: mediaType },
    })),
  );
  await writeAudit(tx, by, {
    action: 'version.import',
    subject: registryPaths.version(name, version),
    after: { sha256: model.sha256, run_id, source, description, tags },
  });
  return version;
}

async function writeTrackedRun(
  tx: Tx,
  actor: string,
  { name, model, facts, tags, source }: NewImport,
): Promise<{ run_id: string; experiment_id: number }> {
  const experiment_id = await openExperiment(tx, `import/${name}`);
  const run_id = randomUUID().replaceAll('-', '');
  const at = new Date();
  const params = {
    model_type: importedType,
    opset: JSON.stringify(facts.opset),
    producer: facts.producer,
    size: String(model.size),
  };
  const runTags = {
    ...tags,
    'mlflow.runName': 'import',
    'mlflow.user': actor,
    'mlflow.source.name': source,
    'mlflow.source.type': 'UNKNOWN',
    'trainyard.identifier': name,
  };
  await tx.trackedRun.create({
    data: {
      run_id,
      experiment_id,
      name: 'import',
      user_id: actor,
      status: 'FINISHED',
      start_time: at,
      end_time: at,
      params: { createMany: { data: entries(params) } },
      tags: { createMany: { data: entries(runTags) } },
    },
  });
  return { run_id, experiment_id };
}

function entries(values: Record<string, string>): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}
