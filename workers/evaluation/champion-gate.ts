import { importedType } from '../../src/contracts/imported-manifest.js';
import type { Gate } from '../../src/contracts/gate.js';
import type { ScoreWeights } from '../../src/contracts/score-weights.js';
import type { Champion } from '../../src/contracts/steps/evaluate.js';
import { score } from '../../src/ml/score.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { forecastOrigins } from '../scoring/forecast-origins.js';
import { type HeldOut, measure } from '../scoring/held-out.js';
import { type LoadedModel, loadModel } from './loaded-model.js';

/** Fewer windows than this say nothing about which of two models is better. */
const fewestWindows = 30;

/**
 * Is the challenger at least as good as what serves now? Both run on the challenger's held-out rows and are measured
 * on its scale; rows that either of them was trained on are left out.
 */
export async function championGate(
  store: ObjectStore,
  challenger: LoadedModel,
  champion: Champion | null,
  heldOut: HeldOut,
  weights: ScoreWeights,
): Promise<Gate> {
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
    if (windows < fewestWindows) {
      return gate(
        'not_comparable',
        { ...inputs, windows },
        `only ${windows} held-out windows are new to both models`,
      );
    }
    const [own, theirs] = [await scoreOf(challenger, common, weights), await scoreOf(model, common, weights)];
    const worse = own === null || (theirs !== null && own > theirs);
    return gate(
      worse ? 'failed' : 'passed',
      { ...inputs, windows, score: own, champion_score: theirs },
      worse ? 'worse than the champion on the same rows' : 'not worse than the champion on the same rows',
    );
  } finally {
    await model.session.release();
  }
}

function gate(verdict: Gate['verdict'], inputs: Gate['inputs'], message: string): Gate {
  return { name: 'not_worse_than_champion', verdict, inputs, message };
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

async function scoreOf({ session, manifest }: LoadedModel, heldOut: HeldOut, weights: ScoreWeights) {
  return score(
    measure(heldOut, await forecastOrigins(session, manifest, heldOut.frame, heldOut.origins)),
    weights,
  );
}
