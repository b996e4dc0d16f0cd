import { importedType } from '../contracts/imported-manifest.js';
import { Lineage } from '../contracts/lineage.js';
import { buckets } from '../contracts/object-keys.js';
import { parametersRead } from '../contracts/parameters-read.js';
import { PreprocessResult } from '../contracts/steps/preprocess.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Database, Tx } from '../platform/database/database.js';
import { unknownVersion } from './registry/unknown.js';

const include = {
  file: true,
  run: { include: { experiment: true, params: { orderBy: { key: 'asc' } }, tags: true } },
  promotions: { orderBy: { version: 'desc' }, include: { pointers: true } },
} satisfies Prisma.ModelVersionInclude;

type VersionRow = Prisma.ModelVersionGetPayload<{ include: typeof include }>;
type TrackedRun = NonNullable<VersionRow['run']>;
type RunRow = Prisma.PipelineRunGetPayload<{ include: { steps: true } }>;

/**
 * Where a version comes from and where it went. What was deleted since is null; so is what another version of this
 * software wrote in a form that is not read any more.
 *
 * @throws AppError `not_found`
 */
export async function readLineage(db: Database | Tx, name: string, version: number): Promise<Lineage> {
  const row = await db.modelVersion.findUnique({ where: { name_version: { name, version } }, include });
  if (!row) throw unknownVersion(name, version);
  const { run: tracked, file, promotions } = row;
  const id = tracked?.pipeline_run_id;
  const run = id ? await db.pipelineRun.findUnique({ where: { id }, include: { steps: true } }) : null;
  const isImported = row.model_type === importedType;
  return Lineage.parse({
    ...preparation(run),
    training: tracked && !isImported ? training(row, tracked, run) : null,
    imported: tracked && isImported ? imported(tracked) : null,
    version: { ...row, sha256: row.model_sha256, size: Number(file.size) },
    promotions: promotions.map(({ pointers, ...promotion }) => ({
      ...promotion,
      // By its own pointer: that of all identifiers together moves on to others.
      serving: pointers.some(({ identifier }) => identifier === name),
    })),
  });
}

/** What came before the training: the files, and what preprocessing made of them. A reused step has the first one's outputs. */
function preparation(run: RunRow | null): Pick<Lineage, 'inputs' | 'preprocess'> {
  const step = run?.steps.find(({ type }) => type === 'preprocess');
  const { data } = PreprocessResult.safeParse(step?.outputs);
  if (!run || !step || !data) return { inputs: null, preprocess: null };
  const { source, train_rows, test_rows, processed_train, processed_test, meta } = data;
  const artifacts = Object.entries({ train_rows, test_rows, processed_train, processed_test, meta });
  return {
    inputs: [
      { role: 'train', bucket: buckets.dataset, ...source.train },
      ...(source.test ? [{ role: 'test' as const, bucket: buckets.dataset, ...source.test }] : []),
    ],
    preprocess: {
      pipeline_run_id: run.id,
      step: step.name,
      cached_from_run_id: step.cached_from_run_id,
      config_hash: run.config_hash,
      artifacts: artifacts.map(([name, file]) => ({ name, ...file })),
    },
  };
}

function training({ model_type, metrics }: VersionRow, tracked: TrackedRun, run: RunRow | null) {
  const { run_id, experiment, step, attempt, params, start_time, end_time } = tracked;
  const read = new Set<string>(
    parametersRead[model_type === 'PROPHET' ? 'train_prophet' : 'train_recurrent'],
  );
  const parameters = params.filter(({ key }) => read.has(key)).map(({ key, value }) => [key, value] as const);
  return {
    tracked_run_id: run_id,
    experiment: experiment.name,
    pipeline_run_id: run?.id ?? null,
    step,
    attempt,
    parameters: Object.fromEntries(parameters),
    metrics,
    started_at: start_time,
    ended_at: end_time,
  };
}

function imported({ run_id, tags }: TrackedRun) {
  const source = tags.find(({ key }) => key === 'mlflow.source.name');
  return { tracked_run_id: run_id, source: source?.value ?? null };
}
