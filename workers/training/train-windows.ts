import type { Frame } from '../../src/ml/frame.js';
import { pickColumns } from '../../src/ml/frame.js';

/** Train rows as the nets see them, and which windows of them count. */
export interface TrainWindows {
  /** Rows by rising time, `[rows, features]` flat. */
  features: Float32Array;
  /** `[rows, targets]` flat, on the scaler's scale. */
  targets: Float32Array;
  featureCount: number;
  targetCount: number;
  window: number;
  horizon: number;
  /** First rows of windows whose targets are all known, by rising time. */
  starts: Int32Array;
}

/**
 * @param processed the processed train table: filled, clipped, scaled
 * @param raw the rows behind it; a window whose true target is missing there is not learned from
 */
export function trainWindows(
  processed: Frame,
  raw: Frame,
  targets: readonly string[],
  window: number,
  horizon: number,
): TrainWindows {
  const missing = new Set<number>();
  for (const { values } of pickColumns(raw, targets)) {
    values.forEach((value, row) => Number.isNaN(value) && missing.add(raw.time[row]!));
  }
  const starts: number[] = [];
  let known = 0;
  processed.time.forEach((time, row) => {
    known = missing.has(time) ? 0 : known + 1;
    const start = row - horizon - window + 1;
    if (start >= 0 && known >= horizon) starts.push(start);
  });
  return {
    features: rowMajor(processed.columns, processed.rows),
    targets: rowMajor(pickColumns(processed, targets), processed.rows),
    featureCount: processed.columns.length,
    targetCount: targets.length,
    window,
    horizon,
    starts: Int32Array.from(starts),
  };
}

/**
 * Copies some windows into one batch.
 * @returns x `[T·B, F]` time-major and y `[B, horizon·targets]`, as a training step takes them
 */
export function gatherBatch(data: TrainWindows, starts: Int32Array): { x: Float32Array; y: Float32Array } {
  const { features, targets, featureCount, targetCount, window, horizon } = data;
  const batch = starts.length;
  const x = new Float32Array(window * batch * featureCount);
  const outputs = horizon * targetCount;
  const y = new Float32Array(batch * outputs);
  starts.forEach((start, b) => {
    for (let t = 0; t < window; t++) {
      const row = (start + t) * featureCount;
      x.set(features.subarray(row, row + featureCount), (t * batch + b) * featureCount);
    }
    const target = (start + window) * targetCount;
    y.set(targets.subarray(target, target + outputs), b * outputs);
  });
  return { x, y };
}

function rowMajor(columns: readonly { values: Float64Array }[], rows: number): Float32Array {
  const out = new Float32Array(rows * columns.length);
  columns.forEach(({ values }, column) => {
    for (let row = 0; row < rows; row++) out[row * columns.length + column] = values[row]!;
  });
  return out;
}
