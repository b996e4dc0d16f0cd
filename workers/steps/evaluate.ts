import { AppError } from '../../src/contracts/app-error.js';
import { type Gate, unapproved, verdictOf } from '../../src/contracts/gate.js';
import type { ForecastMetrics } from '../../src/contracts/metrics.js';
import type { ScoreboardRow } from '../../src/contracts/scoreboard.js';
import type { Candidate } from '../../src/contracts/steps/evaluate.js';
import { readFrameParquet } from '../../src/ml/frame-parquet.js';
import { pickWinner, score } from '../../src/ml/score.js';
import { getVerified } from '../../src/platform/object-store/content-address.js';
import { judgeForecaster } from '../../src/evaluation/judge-forecaster.js';
import { measureBaselines } from '../../src/evaluation/measure-baselines.js';
import { loadHeldOut } from '../../src/evaluation/held-out.js';
import type { Step } from '../step.js';

/** Compares what the run trained with the baselines and with what serves now, and decides about a promotion. */
export const evaluate: Step<'evaluate'> = async (input, context) => {
  const { candidates, champion, parameters, preprocess, policy } = input;
  const { store, progress, log } = context;
  const heldOut = await loadHeldOut(store, preprocess, parameters);
  const train = (await readFrameParquet(await getVerified(store, preprocess.train_rows))).frame;
  progress({ fraction: 0.2, message: 'baselines' });
  const baselines = measureBaselines(train, heldOut, preprocess.fitted, parameters.input_seq_len);
  const row = (
    model_type: ScoreboardRow['model_type'],
    metrics: ForecastMetrics,
    seconds: number,
  ): ScoreboardRow => {
    const { rmse, mae, mse, rmse_raw, mae_raw } = metrics;
    const information = model_type === 'PROPHET' ? 'from train end' : 'one-step';
    const total = score(metrics, parameters.score_weights);
    return {
      model_type,
      score: total,
      rmse,
      mae,
      mse,
      rmse_raw,
      mae_raw,
      seconds,
      promoted: false,
      information,
    };
  };
  const trained = candidates.map((candidate) => ({
    candidate,
    row: row(candidate.model_type, candidate.metrics, candidate.seconds),
  }));
  const others = baselines.map(({ model_type, metrics, seconds }) => row(model_type, metrics, seconds));
  const scoreboard = [...trained.map((entry) => entry.row), ...others].sort(byScore);

  for (const { model_type, score: total, rmse, mae } of scoreboard) {
    log(`${model_type}: score ${figure(total)}, rmse ${figure(rmse)}, mae ${figure(mae)}`);
  }

  const winner = pickWinner(
    trained.map(({ candidate, row }) => ({
      candidate,
      row,
      score: row.score,
      startedAt: candidate.model_version,
    })),
  );
  if (!winner) {
    const gate = noFiniteMetrics(candidates);
    log(`no winner: ${gate.message}`, 'warn');
    return { scoreboard, winner: null, gates: [gate], accepted: false };
  }
  progress({ fraction: 0.5, message: `gates for ${winner.candidate.model_type}` });
  const naive = others.find(({ model_type }) => model_type === 'NAIVE');
  if (!naive) throw new AppError('internal', 'the baseline NAIVE was not measured');
  const gates = await judgeForecaster(store, {
    challenger: winner.candidate,
    champion,
    rows: { heldOut, naiveScore: naive.score },
    weights: parameters.score_weights,
    policy,
  });
  if (policy.manual_approval) gates.push(unapproved);
  progress({ fraction: 1, message: 'decided' });
  const verdict = verdictOf(gates);
  for (const gate of gates)
    log(`gate ${gate.name} ${gate.verdict}: ${gate.message}`, gate.verdict === 'failed' ? 'warn' : 'info');
  log(`${winner.candidate.model_type} is the best of the run and ${consequences[verdict]}`);
  return { scoreboard, winner: winner.candidate.model_type, gates, accepted: verdict === 'accepted' };
};

const consequences = {
  accepted: 'is to be promoted',
  refused: 'is not to be promoted',
  pending: 'waits for an approval',
} as const;

function figure(value: number | null): string {
  return value?.toPrecision(4) ?? 'unknown';
}

/** Lowest first; what has no score comes last. */
function byScore(a: ScoreboardRow, b: ScoreboardRow): number {
  return (a.score ?? Infinity) - (b.score ?? Infinity) || 0;
}

function noFiniteMetrics(candidates: readonly Candidate[]): Gate {
  const names = candidates.map(({ model_type }) => model_type).join(', ');
  return {
    name: 'finite_metrics',
    verdict: 'failed',
    inputs: {},
    message: `no metrics of ${names} are finite`,
  };
}
