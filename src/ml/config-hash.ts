import { createHash } from 'node:crypto';
import type { ForecastingParameters } from '../contracts/forecasting-parameters.js';

/** The files that a run really read. */
export interface ConfigFiles {
  train_file: string;
  /** Null when there is none and the train file is divided. */
  test_file: string | null;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Keys whose numbers are floats: existing hashes were made by Python, which writes 2.0 for those. */
const floatKeys: ReadonlySet<string> = new Set(['threshold', 'factor']);

/**
 * A finite double as Python's `repr` writes it: the shortest digits, a decimal point always, an exponent (of two
 * digits at least) below 1e-4 and from 1e16 on.
 */
export function pythonFloat(value: number): string {
  const [digits = '0', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16)) {
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** A JSON string as Python's `json.dumps` writes it: pure ASCII. */
function asciiString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function write(value: Json, float: boolean): string {
  if (typeof value === 'string') return asciiString(value);
  if (typeof value === 'number' && float) return pythonFloat(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => write(item, false)).join(',')}]`;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${asciiString(key)}:${write(item, floatKeys.has(key))}`).join(',')}}`;
}

/**
 * The preprocessing configuration as canonical JSON: keys sorted, `,` and `:` without blanks, `threshold` and
 * `factor` with a decimal point. It stands in the metadata of the processed Parquet files.
 */
export function canonicalConfig(parameters: ForecastingParameters, files: ConfigFiles): string {
  const p = parameters;
  const config: Json = {
    handle_nans: {
      enabled: p.handle_nans,
      threshold: p.nans_threshold,
      knn_neighbors: p.nans_knn,
      drop_rows: p.nans_drop_rows,
    },
    outliers: { enabled: p.clip_enable, method: p.clip_method, factor: p.clip_factor },
    time_features: { enabled: p.time_features_enable },
    lags: { enabled: p.lags_enable, n_lags: p.lags_n, step: p.lags_step },
    scaling: { method: p.scaler, add_constant: null },
    extra: { hash_salt: p.extra_hash_salt },
    _data: {
      train_file: files.train_file,
      test_file: files.test_file,
      sample_train_rows: p.sample_train_rows,
      sample_test_rows: p.sample_test_rows,
      sample_strategy: p.sample_strategy,
      // Only when given, so that hashes made without it stay what they were.
      ...(p.columns && { columns: p.columns }),
    },
  };
  return write(config, false);
}

/** SHA-256 of the canonical configuration, lower-case hex. */
export function configHash(canonical: string): string {
  return createHash('sha256').update(canonical).digest('hex');
}
