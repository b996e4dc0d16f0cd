import { accumulateLagProducts, type Series } from './lag-products.js';

/** Neighbouring origins together. */
function runsOf(origins: Int32Array): { first: number; count: number }[] {
  const runs: { first: number; count: number }[] = [];
  for (const origin of origins) {
    const run = runs.at(-1);
    if (run && origin === run.first + run.count) run.count++;
    else runs.push({ first: origin, count: 1 });
  }
  return runs;
}

/** `Σ x[first + offset + i]` for every offset and column. */
function addSums(sums: Float64Array, { values, width }: Series, first: number, count: number): void {
  for (let i = 0; i < sums.length; i++) {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += values[(first + row) * width + i] ?? 0;
    sums[i] = (sums[i] ?? 0) + sum;
  }
}

export interface NormalEquations {
  /** `XᵀX` around the means, `[features, features]`; the lower triangle counts. */
  gram: Float64Array;
  /** `Xᵀy` around the means, of each output. */
  cross: Float64Array[];
  featureMeans: Float64Array;
  outputMeans: Float64Array;
}

/**
 * Least-squares equations of all windows, centred, so that the constant term drops out of them. A window's features
 * are the rows `origin - window` to `origin - 1` of x, its outputs the rows `origin` to `origin + horizon - 1` of y.
 *
 * @param origins rising, at least one.
 */
export function normalEquations(
  x: Series,
  y: Series,
  origins: Int32Array,
  window: number,
  horizon: number,
): NormalEquations {
  const features = window * x.width;
  const outputs = horizon * y.width;
  const gram = new Float64Array(features * features);
  const cross = Array.from({ length: outputs }, () => new Float64Array(features));
  const featureSums = new Float64Array(features);
  const outputSums = new Float64Array(outputs);
  for (const { first, count } of runsOf(origins)) {
    const xRow = first - window;
    addSums(featureSums, x, xRow, count);
    addSums(outputSums, y, first, count);
    const common = { x, xRow, count, xOffsets: window };
    accumulateLagProducts({
      ...common,
      y: x,
      yRow: xRow,
      yOffsets: window,
      upperOnly: true,
      add: (a, b, block) => {
        block.forEach((sum, i) => {
          const [c, d] = [Math.floor(i / x.width), i % x.width];
          const at = (b * x.width + d) * features + a * x.width + c;
          gram[at] = (gram[at] ?? 0) + sum;
        });
      },
    });
    accumulateLagProducts({
      ...common,
      y,
      yRow: first,
      yOffsets: horizon,
      upperOnly: false,
      add: (a, b, block) => {
        block.forEach((sum, i) => {
          const row = cross[b * y.width + (i % y.width)];
          const at = a * x.width + Math.floor(i / y.width);
          if (row) row[at] = (row[at] ?? 0) + sum;
        });
      },
    });
  }
  const featureMeans = featureSums.map((sum) => sum / origins.length);
  for (let i = 0; i < features; i++) {
    const sum = featureSums[i] ?? 0;
    for (let j = 0; j <= i; j++) {
      gram[i * features + j] = (gram[i * features + j] ?? 0) - sum * (featureMeans[j] ?? 0);
    }
  }
  for (const [output, products] of cross.entries()) {
    const sum = outputSums[output] ?? 0;
    for (let i = 0; i < features; i++) products[i] = (products[i] ?? 0) - sum * (featureMeans[i] ?? 0);
  }
  return { gram, cross, featureMeans, outputMeans: outputSums.map((sum) => sum / origins.length) };
}
