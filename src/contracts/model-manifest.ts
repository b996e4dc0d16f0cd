import { z } from 'zod';
import { FittedPreprocess } from './fitted-preprocess.js';
import { ForecastMetrics } from './metrics.js';

export const modelTypes = ['GRU', 'LSTM', 'PROPHET'] as const;
export const ModelType = z.enum(modelTypes);
export type ModelType = z.infer<typeof ModelType>;

/** Null where a cell is empty. */
const Row = z.array(z.number().nullable());

/** A request that the model must answer with these numbers before it may serve. */
export const ModelExample = z.object({
  /** Epoch milliseconds, one a row. */
  time: z.array(z.number()),
  /** Rows of raw values in the order of `columns`. */
  columns: z.array(Row),
  /** Horizon steps of raw target values. */
  forecast: z.array(z.array(z.number())),
});

export type ModelExample = z.infer<typeof ModelExample>;

/** What must be known beside an ONNX file to use it: it takes raw values and gives raw values. */
export const ModelManifest = z
  .object({
    model_type: ModelType,
    /** Raw columns that the model takes, in order; values in the units of the training file. */
    columns: z.array(z.string()).min(1),
    targets: z.array(z.string()).min(1),
    units: z.literal('as in the training file'),
    /** Rows that a forecast sees, and rows of history it needs for them (more, with lags). */
    window: z.int().min(1),
    rows: z.int().min(1),
    horizon: z.int().min(1),
    step_ms: z.number().positive(),
    preprocess: FittedPreprocess,
    feedback: z.literal('targets are fed back, other columns keep their last value, time follows the clock'),
    identifier: z.string(),
    config_hash: z.string(),
    tracked_run_id: z.string(),
    trained: z.object({ from: z.iso.datetime(), to: z.iso.datetime(), rows: z.int() }),
    /** SHA-256 of the ONNX file, hex. */
    sha256: z.string(),
    size: z.int(),
    metrics: ForecastMetrics,
    build: z.string(),
    example: ModelExample,
  })
  .meta({ id: 'ModelManifest' });
export type ModelManifest = z.infer<typeof ModelManifest>;
