import type { InferenceBatch } from '../../src/contracts/inference-batch.js';
import { type Frame, pickColumns } from '../../src/ml/frame.js';

const mostSteps = 200;

interface Summary {
  metrics: Omit<InferenceBatch['metrics'], 'prediction_hash' | 'rows_predicted'>;
  samples: InferenceBatch['samples'];
}

/**
 * Compares a forecast with what came true, in raw units. Only rows whose true value is known count; a row forecast
 * from the model's own forecasts has none, so the two are never averaged together.
 *
 * @param truth raw rows; the forecast's first row is its row `first`
 */
export function summariseBatch(forecast: Frame, truth: Frame, first: number): Summary {
  const names = forecast.columns.map(({ name }) => name);
  const actual = pickColumns(truth, names);
  const truthAt = (column: number, row: number) => finite(actual[column]!.values[first + row] ?? Number.NaN);
  const errorAt = (column: number, row: number): number | null => {
    const truth = truthAt(column, row);
    return truth === null ? null : finite(Math.abs(forecast.columns[column]!.values[row]! - truth));
  };
  const rows = Array.from({ length: forecast.rows }, (_, row) =>
    names.map((_name, column) => errorAt(column, row)),
  );
  const known = rows.filter((errors) => errors.some((error) => error !== null));
  const byColumn = (of: (error: number) => number) =>
    Object.fromEntries(
      names.map((name, column) => [
        name,
        mean(
          rows.map((errors) => errors[column]!),
          of,
        ),
      ]),
    );
  const mse = byColumn((error) => error ** 2);
  const mae = byColumn((error) => error);
  const mse_mean = mean(Object.values(mse));
  return {
    metrics: {
      overlap_rows: known.length,
      mae_mean: mean(Object.values(mae)),
      mse_mean,
      rmse: mse_mean === null ? null : Math.sqrt(mse_mean),
      mae,
      mse,
      step_mae: rows.slice(0, mostSteps).flatMap((errors, step) => {
        const value = mean(errors);
        return value === null ? [] : [{ step, mae: value }];
      }),
    },
    samples: samplePositions(forecast.rows).map((step) => ({
      step,
      ts: new Date(forecast.time[step]!).toISOString(),
      pred: record(names, (column) => finite(forecast.columns[column]!.values[step]!)),
      actual: names.every((_name, column) => truthAt(column, step) === null)
        ? null
        : record(names, (column) => truthAt(column, step)),
      abs_err: record(names, (column) => rows[step]![column]!),
    })),
  };
}

/** The first, the last, and three between. */
function samplePositions(rows: number): number[] {
  const at = [0, rows / 10, rows / 2, (rows * 9) / 10, rows - 1].map(Math.floor);
  return [...new Set(at)].filter((step) => step >= 0);
}

function mean(
  values: readonly (number | null)[],
  of: (value: number) => number = (value) => value,
): number | null {
  const known = values.flatMap((value) => (value === null ? [] : of(value)));
  const sum = known.reduce((total, value) => total + value, 0);
  return known.length > 0 ? finite(sum / known.length) : null;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function record(
  names: readonly string[],
  of: (column: number) => number | null,
): Record<string, number | null> {
  return Object.fromEntries(names.map((name, column) => [name, of(column)]));
}
