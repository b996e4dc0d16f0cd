import { AppError } from '../../contracts/app-error.js';
import { verdictOf } from '../../contracts/gate.js';
import type { Candidate, EvaluateOutput } from '../../contracts/steps/evaluate.js';
import type { ScoreboardRow } from '../../contracts/scoreboard.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { auditRequest } from '../audit-request.js';
import { type Effect, StaleChampion } from '../effect.js';
import { lockPointer, promote } from '../promote.js';
import { promotableVersions } from '../registry/promotable-versions.js';
import { experimentOf } from '../tracked-runs.js';

/**
 * Writes the request with its gates, and the promotion when they let it pass.
 *
 * The gates compared the winner with the champion of their time. The pointer is locked and its version compared
 * before anything is written: a promotion that came between would otherwise be undone by a decision that never saw it.
 */
export const evaluateEffect: Effect<'evaluate'> = async ({ input, result }, { run, step }) => {
  const { tx } = run;
  const { identifier, champion } = input;
  const pointerVersion = await lockPointer(tx, identifier);
  if (pointerVersion !== (champion?.pointer_version ?? 0)) throw new StaleChampion();

  const winner = input.candidates.find(({ model_type }) => model_type === result.winner);
  // It may have been archived or deleted since the candidates were looked up: decide again, without it.
  const promotable = await promotableVersions(tx, identifier, winner ? [winner.model_version] : []);
  if (winner && !promotable.has(winner.model_version)) throw new StaleChampion();
  if (!winner) return { ...result, request_id: null, promotion_id: null, serving: champion };
  const by = { name: run.row.created_by, request_id: null };
  const request = await tx.promotionRequest.create({
    data: {
      identifier,
      model_version: winner.model_version,
      actor: by.name,
      reason: `best of pipeline run ${run.row.id}`,
      gates: result.gates,
      scoreboard: result.scoreboard,
      policy: input.policy,
      verdict: verdictOf(result.gates),
      pipeline_run_id: run.row.id,
      step,
    },
  });
  if (request.verdict !== 'accepted') {
    await auditRequest(tx, request, result.gates, by);
    return { ...result, request_id: request.id, promotion_id: null, serving: champion };
  }

  const row = result.scoreboard.find(({ model_type }) => model_type === winner.model_type);
  if (!row) throw new AppError('internal', `the scoreboard has no row for the winner ${winner.model_type}`);
  const candidate = {
    request_id: request.id,
    identifier,
    model_version: winner.model_version,
    model_type: winner.model_type,
    run_id: winner.tracked_run_id,
    experiment: await experimentOf(tx, winner.tracked_run_id),
    config_hash: input.config_hash,
    sha256: winner.model.sha256,
    score: row.score,
    rmse: row.rmse,
    mae: row.mae,
    mse: row.mse,
    weights: input.parameters.score_weights,
    actor: by.name,
    reason: request.reason,
    pipeline_run_id: run.row.id,
  };
  const promotion = await promote(tx, candidate, by);
  return {
    ...result,
    scoreboard: markPromoted(result.scoreboard, winner),
    request_id: request.id,
    promotion_id: promotion.id,
    serving: served(input, winner),
  } satisfies EvaluateOutput;
};

function markPromoted(scoreboard: readonly ScoreboardRow[], { model_type }: Candidate): ScoreboardRow[] {
  return scoreboard.map((row) => ({ ...row, promoted: row.model_type === model_type }));
}

function served(
  { identifier, config_hash }: { identifier: string; config_hash: string },
  { model_version, model_type, tracked_run_id, model, manifest }: Candidate,
): ServedModel {
  return { identifier, model_version, model_type, run_id: tracked_run_id, config_hash, model, manifest };
}
