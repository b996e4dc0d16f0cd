import type { ArtifactRef } from '../contracts/artifact-ref.js';
import type { Gate } from '../contracts/gate.js';
import type { GatePolicy } from '../contracts/gate-policy.js';
import type { ForecastMetrics } from '../contracts/metrics.js';
import type { ScoreWeights } from '../contracts/score-weights.js';
import type { Champion } from '../contracts/steps/evaluate.js';
import { score } from '../ml/score.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { runExample } from '../platform/onnx/run-example.js';
import { championGate, championGateName } from './champion-gate.js';
import type { HeldOut } from './held-out.js';
import { latencyGate } from './latency-gate.js';
import { limitGates } from './limit-gates.js';
import { loadModel } from './loaded-model.js';

/** The rows that a challenger was measured on. */
export interface CommonRows {
  heldOut: HeldOut;
  /** Of NAIVE on them. */
  naiveScore: number | null;
}

export interface ForecasterCase {
  challenger: {
    model_type: string;
    model_version: number;
    model: ArtifactRef;
    manifest: ArtifactRef;
    metrics: ForecastMetrics;
  };
  /** What serves now; null when nothing does. */
  champion: Champion | null;
  /** Undefined when they are not known any more. */
  rows: CommonRows | undefined;
  weights: ScoreWeights;
  policy: GatePolicy;
}

/**
 * Looks at a forecaster with every gate of a policy, also when the first one fails.
 * @throws AppError `unavailable` when the store cannot be reached
 */
export async function judgeForecaster(
  store: Pick<ObjectStore, 'get'>,
  { challenger, champion, rows, weights, policy }: ForecasterCase,
): Promise<Gate[]> {
  const { model_type, metrics } = challenger;
  const own = score(metrics, weights);
  const { gate: example, model } = await loadModel(store, challenger);
  try {
    const trainRows = model?.manifest.trained.rows ?? null;
    const gates = [
      finiteMetrics(model_type, own),
      ...(policy.beats_naive ? [beatsNaive(model_type, own, rows)] : []),
      // Loading and running its example is a gate of its own; only a model that passes it can be run on other rows.
      example,
      ...limitGates({ metrics: { ...metrics, score: own }, trainRows, size: challenger.model.size }, policy),
    ];
    if (policy.champion.rule !== 'off') {
      const name = championGateName(policy.champion);
      if (champion?.model_version === challenger.model_version) gates.push(servesNow(name));
      else if (!model) gates.push(doesNotRun(name));
      else if (!rows) gates.push(withoutRows(name));
      else {
        const settings = { weights, policy: policy.champion };
        gates.push(await championGate(store, model, champion, rows.heldOut, settings));
      }
    }
    if (policy.max_latency_ms !== null) {
      gates.push(
        model
          ? await latencyGate(policy.max_latency_ms, () => runExample(model.session, model.manifest))
          : doesNotRun('fast_enough'),
      );
    }
    return gates;
  } finally {
    await model?.session.release();
  }
}

function withoutRows(name: Gate['name']): Gate {
  const message = 'the rows that it was measured on are gone';
  return { name, verdict: 'not_comparable', inputs: {}, message };
}

function servesNow(name: Gate['name']): Gate {
  return { name, verdict: 'not_comparable', inputs: {}, message: 'it is what serves now' };
}

function doesNotRun(name: Gate['name']): Gate {
  return { name, verdict: 'not_comparable', inputs: {}, message: 'the model does not run' };
}

function finiteMetrics(model_type: string, own: number | null): Gate {
  const passed = own !== null;
  return {
    name: 'finite_metrics',
    verdict: passed ? 'passed' : 'failed',
    inputs: { score: own },
    message: passed
      ? `all metrics of ${model_type} are finite`
      : `not all metrics of ${model_type} are finite`,
  };
}

function beatsNaive(model_type: string, own: number | null, rows: CommonRows | undefined): Gate {
  if (!rows) return withoutRows('beats_naive');
  const { naiveScore: naive } = rows;
  // No score of NAIVE means no number to beat: nothing was measured that could speak for the model.
  const passed = own !== null && naive !== null && own < naive;
  return {
    name: 'beats_naive',
    verdict: passed ? 'passed' : 'failed',
    inputs: { score: own, naive_score: naive },
    message: passed
      ? `${model_type} is better than repeating the last value`
      : `${model_type} is not better than repeating the last value`,
  };
}
