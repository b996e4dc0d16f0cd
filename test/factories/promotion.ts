import type { ModelType } from '../../src/contracts/model-manifest.js';
import { defaultScoreWeights } from '../../src/contracts/score-weights.js';
import { type AcceptedCandidate, promote } from '../../src/engine/promote.js';
import type { ModelVersion, Promotion } from '../../src/generated/prisma/client.js';
import type { Database, Tx } from '../../src/platform/database/database.js';
import { inTransaction } from '../../src/platform/database/transaction.js';
import { caller } from './caller.js';
import { newRun } from './run.js';

const stepOf: Record<ModelType, string> = {
  GRU: 'train_gru',
  LSTM: 'train_lstm',
  PROPHET: 'train_prophet',
};

/** A model that a run trained, as its version stands in the registry. */
export async function trainedModel(
  db: Database,
  {
    identifier,
    model_type = 'GRU',
    config_hash,
  }: { identifier: string; model_type?: ModelType; config_hash?: string },
): Promise<ModelVersion> {
  const run = await newRun(db, { identifier, ...(config_hash !== undefined && { config_hash }) });
  await run.succeed('preprocess', stepOf[model_type]);
  return db.modelVersion.findFirstOrThrow({
    where: { name: identifier, run: { pipeline_run_id: run.id } },
  });
}

/** Promotes a version as an operator does: with an accepted request, in one transaction with its promotion. */
export function promoteModel(
  db: Database,
  model: ModelVersion,
  overrides: Partial<AcceptedCandidate> = {},
): Promise<Promotion> {
  return inTransaction(db, (tx) => promoteIn(tx, model, overrides));
}

/** The same in the caller's transaction. */
export async function promoteIn(
  tx: Tx,
  { name: identifier, version: model_version, model_type, run_id, config_hash, model_sha256 }: ModelVersion,
  overrides: Partial<AcceptedCandidate> = {},
): Promise<Promotion> {
  const by = caller('operator');
  const request = await tx.promotionRequest.create({
    data: { identifier, model_version, actor: by.name, gates: [], verdict: 'accepted' },
  });
  const candidate = {
    request_id: request.id,
    identifier,
    model_version,
    model_type,
    run_id: run_id ?? '',
    experiment: 'forecasting/series',
    config_hash: config_hash ?? '',
    sha256: model_sha256,
    weights: defaultScoreWeights,
    actor: by.name,
    ...overrides,
  };
  return promote(tx, candidate, by);
}
