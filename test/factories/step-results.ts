import { createHash } from 'node:crypto';
import type { ArtifactRef } from '../../src/contracts/artifact-ref.js';
import { type ModelType, modelTypes } from '../../src/contracts/model-manifest.js';
import { buckets } from '../../src/contracts/object-keys.js';
import type { ScoreboardRow } from '../../src/contracts/scoreboard.js';
import type { EvaluateResult } from '../../src/contracts/steps/evaluate.js';
import type { InferResult } from '../../src/contracts/steps/infer.js';
import type { PreprocessResult } from '../../src/contracts/steps/preprocess.js';
import type { StepInput, StepResult, StepType } from '../../src/contracts/steps/step-types.js';
import type { TrainResult } from '../../src/contracts/steps/train.js';

/** Names bytes that nobody stored: the SHA-256 of `content`, as if that were they. */
export function artifactRef(content: string): ArtifactRef {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const key = `sha256/${sha256.slice(0, 2)}/${sha256}`;
  return { bucket: buckets.artifacts, key, sha256, size: Buffer.byteLength(content) };
}

export function preprocessResult(overrides: Partial<PreprocessResult> = {}): PreprocessResult {
  return {
    source: { train: { key: 'series.csv', sha256: artifactRef('series').sha256, size: 6 }, test: null },
    train_rows: artifactRef('train rows'),
    test_rows: artifactRef('test rows'),
    processed_train: artifactRef('processed train rows'),
    processed_test: artifactRef('processed test rows'),
    meta: artifactRef('meta'),
    fitted: {
      columns: [{ name: 'down', fill: 0, clip: null }],
      time_features: false,
      lags: { n: 0, step: 1 },
      scaler: { method: '', center: [0], scale: [1] },
      features: ['down'],
    },
    targets: ['down'],
    step_ms: 60_000,
    row_count: { train: 80, test: 20 },
    trained: { from: '2024-01-01T00:00:00.000Z', to: '2024-01-01T01:19:00.000Z', rows: 80 },
    warnings: [],
    ...overrides,
  };
}

/** A model of its own for every tracked run. */
export function trainResult(trackedRun: string, overrides: Partial<TrainResult> = {}): TrainResult {
  const model = artifactRef(`model of ${trackedRun}`);
  return {
    model,
    manifest: artifactRef(`manifest of ${trackedRun}`),
    files: [{ path: 'model/model.onnx', file: model }],
    metrics: { rmse: 0.1, mae: 0.05, mse: 0.01, rmse_raw: 1, mae_raw: 0.5, mse_raw: 1, windows: 10 },
    seconds: 1,
    ...overrides,
  };
}

export interface Decision {
  /** The first candidate by default. */
  winner?: ModelType | null;
  accepted?: boolean;
}

export function evaluateResult(
  { candidates }: StepInput<'evaluate'>,
  { winner = candidates[0]?.model_type ?? null, accepted = winner !== null }: Decision = {},
): EvaluateResult {
  const types = new Set(candidates.map(({ model_type }) => model_type));
  return {
    scoreboard: modelTypes.filter((type) => types.has(type)).map(scoreboardRow),
    winner,
    gates: [{ name: 'beats_naive', verdict: accepted ? 'passed' : 'failed', inputs: {}, message: 'decided' }],
    accepted,
  };
}

function scoreboardRow(model_type: ModelType): ScoreboardRow {
  const errors = { score: 0.05, rmse: 0.1, mae: 0.05, mse: 0.01, rmse_raw: 1, mae_raw: 0.5 };
  return { model_type, ...errors, seconds: 1, promoted: false, information: 'one-step' };
}

export function inferResult(overrides: Partial<InferResult> = {}): InferResult {
  return {
    line: artifactRef('line'),
    forecast: artifactRef('forecast'),
    metrics: {
      overlap_rows: 0,
      mae_mean: null,
      mse_mean: null,
      rmse: null,
      mae: {},
      mse: {},
      step_mae: [],
      prediction_hash: '0123456789abcdef',
      rows_predicted: 10,
    },
    day: '20240101',
    ...overrides,
  };
}

/** What a step process gives back for its input, without its work. */
export function stepResult(
  type: StepType,
  input: StepInput<StepType>,
  { trackedRun, decision }: { trackedRun: string | undefined; decision?: Decision },
): StepResult<StepType> {
  switch (type) {
    case 'preprocess':
      return preprocessResult();
    case 'train_recurrent':
    case 'train_prophet':
      return trainResult(trackedRun ?? 'nothing');
    case 'evaluate':
      return evaluateResult(input as StepInput<'evaluate'>, decision);
    case 'infer':
      return inferResult();
    case 'pause':
      return { waited: 0 };
  }
}
