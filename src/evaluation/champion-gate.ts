import { importedType } from '../contracts/imported-manifest.js';
import type { Gate } from '../contracts/gate.js';
import type { ScoreWeights } from '../contracts/score-weights.js';
import type { Champion } from '../contracts/steps/evaluate.js';
import type { GatePolicy } from '../contracts/gate-policy.js';
import { bootstrapScores, type ScoreDifference } from '../ml/block-bootstrap.js';
import { score } from '../ml/score.js';
import { type WindowErrors, windowErrors } from '../ml/window-errors.js';
import { windowTruth } from '../ml/window-origins.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { forecastOrigins } from './forecast-origins.js';
import { type HeldOut, measure } from './held-out.js';
import { type LoadedModel, loadModel } from './loaded-model.js';

/**
 * Is the challenger good enough against what serves now? Both run on the challenger's held-out rows and are measured
 * on its scale; rows that either of them was trained on are left out. How sure the difference is, a bootstrap says.
 */
export async function championGate(
  store: Pick<ObjectStore, 'get'>,
  challenger: LoadedModel,
  champion: Champion | null,
  heldOut: HeldOut,
  { weights, policy }: { weights: ScoreWeights; policy: GatePolicy['champion'] },
): Promise<Gate> {
  const gate = (verdict: Gate['verdict'], inputs: Gate['inputs'], message: string): Gate => ({
    name: championGateName(policy),
    verdict,
    inputs,
    message,
  });
  if (!champion) return gate('passed', {}, 'nothing was promoted before');
  const inputs = { champion_version: champion.model_version, champion_type: champion.model_type };
  if (champion.model_type === importedType) {
    const reason = 'the champion was imported: it takes records and forecasts no series';
    return gate('not_comparable', inputs, reason);
  }
  const { model, gate: loads } = await loadModel(store, champion);
  if (!model) return gate('not_comparable', inputs, `the champion does not run any more: ${loads.message}`);
  try {
    const reason = differs(challenger, model, heldOut);
    if (reason) return gate('not_comparable', inputs, reason);
    const common = { ...heldOut, origins: unseen(heldOut, [challenger, model]) };
    const windows = common.origins.length;
    if (windows < policy.min_windows) {
      const message = `only ${windows} held-out windows are new to both models`;
      return gate('not_comparable', { ...inputs, windows }, message);
    }
    const [own, theirs] = [
      await measured(challenger, common, weights),
      await measured(model, common, weights),
    ];
    const difference = bootstrapScores(own.errors, theirs.errors, weights, { horizon: heldOut.horizon });
    const { passed, message } = compare(own.score, theirs.score, difference, policy);
    return gate(
      passed ? 'passed' : 'failed',
      {
        ...inputs,
        windows,
        score: own.score,
        champion_score: theirs.score,
        by_percent: policy.by_percent,
        ...difference,
      },
      message,
    );
  } finally {
    await model.session.release();
  }
}

export function championGateName({ rule }: GatePolicy['champion']): Gate['name'] {
  return rule === 'better' ? 'better_than_champion' : 'not_worse_than_champion';
}

/** Does a challenger keep the rule? One without a score never does; a champion without one is no rival. */
function compare(
  own: number | null,
  theirs: number | null,
  difference: ScoreDifference | null,
  { rule, by_percent, sure }: GatePolicy['champion'],
): { passed: boolean; message: string } {
  if (own === null) return { passed: false, message: 'it has no finite score on the common rows' };
  if (theirs === null)
    return { passed: true, message: 'the champion has no finite score on the common rows' };
  const how = own > theirs ? 'worse than' : own < theirs ? 'better than' : 'as good as';
  const interval = difference
    ? ` by ${difference.better_percent.toFixed(2)} % (95 %: ${difference.low_percent.toFixed(2)} to ${difference.high_percent.toFixed(2)})`
    : '';
  const message = `${how} the champion on the same rows${own === theirs ? '' : interval}`;
  const enough = rule === 'better' ? theirs * (1 - by_percent / 100) : theirs * (1 + by_percent / 100);
  const kept = own <= enough && (rule !== 'better' || own < theirs);
  if (!kept || !sure) return { passed: kept, message };
  const lowest = rule === 'better' ? by_percent : -by_percent;
  const isSure = difference !== null && difference.low_percent >= lowest;
  return { passed: isSure, message: isSure ? message : `${message}: that is not sure enough` };
}

/** Why the champion cannot be run on the challenger's rows. */
function differs(challenger: LoadedModel, { manifest }: LoadedModel, { frame }: HeldOut): string | undefined {
  if (manifest.targets.join('\0') !== challenger.manifest.targets.join('\0')) {
    return `the champion forecasts ${manifest.targets.join(', ')}`;
  }
  if (manifest.horizon !== challenger.manifest.horizon)
    return `the champion forecasts ${manifest.horizon} rows at once`;
  if (manifest.step_ms !== challenger.manifest.step_ms)
    return `the champion steps by ${manifest.step_ms / 1000} s`;
  const missing = manifest.columns.filter((name) => !frame.columns.some((column) => column.name === name));
  return missing.length > 0
    ? `the champion needs columns that are not there: ${missing.join(', ')}`
    : undefined;
}

/** Origins with enough history for both, whose forecast rows neither of them was trained on. */
function unseen({ frame, origins, horizon }: HeldOut, models: readonly LoadedModel[]): Int32Array {
  const rows = Math.max(...models.map(({ manifest }) => manifest.rows));
  const ranges = models.map(({ manifest }) => ({
    from: Date.parse(manifest.trained.from),
    to: Date.parse(manifest.trained.to),
  }));
  return origins.filter((origin) => {
    const [first, last] = [frame.time[origin]!, frame.time[origin + horizon - 1]!];
    return origin >= rows && ranges.every(({ from, to }) => last < from || first > to);
  });
}

async function measured(
  { session, manifest }: LoadedModel,
  heldOut: HeldOut,
  weights: ScoreWeights,
): Promise<{ score: number | null; errors: WindowErrors }> {
  const { frame, targets, horizon, origins, scales } = heldOut;
  const predicted = await forecastOrigins(session, manifest, frame, origins);
  const truth = windowTruth(frame, targets, origins, horizon);
  return {
    score: score(measure(heldOut, predicted), weights),
    errors: windowErrors(predicted, truth, scales, origins.length),
  };
}
