import { describe, expect, it } from 'vitest';
import { frameOf } from '../../../test/factories/frame.js';
import { windowOrigins, windowTruth } from '../window-origins.js';
import { fitRidge, forecastRidge } from './ridge.js';

const nan = Number.NaN;

/** Numbers without a pattern, the same each time: a linear congruential generator. */
function noise(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31 - 0.5;
  });
}

/** `down` follows from the two rows before it: 5 + 0.6·down(-1) - 0.3·down(-2) + 2e6·load(-1). */
function linearSeries(rows: number) {
  const load = noise(rows, 1).map((value) => value * 1e-6);
  const down = noise(2, 2);
  for (let row = 2; row < rows; row++) {
    down.push(5 + 0.6 * (down[row - 1] ?? 0) - 0.3 * (down[row - 2] ?? 0) + 2e6 * (load[row - 1] ?? 0));
  }
  return { down: down.map((value) => value * 1e8), load };
}

const series = linearSeries(400);
const frame = frameOf(series);
const columns = ['down', 'load'];

function worstError(
  train: ReturnType<typeof frameOf>,
  targets: string[],
  window: number,
  horizon: number,
): number {
  const model = fitRidge({ train, columns, targets, window, horizon });
  const origins = windowOrigins(frame, targets, window, horizon);
  const truth = windowTruth(frame, targets, origins, horizon);
  const predicted = forecastRidge(model, frame, origins);
  expect(predicted).toHaveLength(truth.length);
  return Math.max(...truth.map((value, i) => Math.abs(value - (predicted[i] ?? nan)))) / 1e8;
}

describe('RIDGE', () => {
  it('finds a linear law between columns of very different sizes', () => {
    expect(worstError(frame, ['down'], 2, 1)).toBeLessThan(1e-4);
    expect(worstError(frame, ['down'], 5, 1)).toBeLessThan(1e-4);
  });

  it('does not find it in a window that is too short', () => {
    expect(worstError(frame, ['down'], 1, 1)).toBeGreaterThan(0.1);
  });

  it('leaves out windows whose target is missing, and fills other gaps with the train mean', () => {
    const gaps = frameOf({
      load: series.load,
      // One gap in fifty rows: runs of origins of different lengths.
      down: series.down.map((value, row) => (row % 50 === 7 || row === 9 ? nan : value)),
    });
    expect(worstError(gaps, ['down'], 2, 1)).toBeLessThan(0.3);
    const model = fitRidge({ train: gaps, columns, targets: ['down'], window: 2, horizon: 1 });
    expect(forecastRidge(model, gaps, windowOrigins(gaps, ['down'], 2, 1)).every(Number.isFinite)).toBe(true);
  });

  it('fits the same model from runs of windows as from all windows of the same rows', () => {
    // Rows 200.. have no target, so that only windows of the first 200 rows count: the same as cutting there.
    const half = frameOf({
      load: series.load,
      down: series.down.map((value, row) => (row < 200 ? value : nan)),
    });
    const model = (train: ReturnType<typeof frameOf>) =>
      fitRidge({ train, columns: ['down'], targets: ['down'], window: 3, horizon: 2 });
    const cut = frameOf({ down: series.down.slice(0, 200) });
    const [a, b] = [model(half), model(cut)];
    expect(a.weights).toEqual(b.weights);
    expect(a.constants).toEqual(b.constants);
  });

  it('gives every target at every step of the horizon', () => {
    const model = fitRidge({ train: frame, columns, targets: ['load', 'down'], window: 3, horizon: 4 });
    const predicted = forecastRidge(model, frame, Int32Array.of(50, 51));
    expect(predicted).toHaveLength(2 * 4 * 2);
    const down = fitRidge({ train: frame, columns, targets: ['down'], window: 3, horizon: 1 });
    expect(predicted[1]).toBeCloseTo(forecastRidge(down, frame, Int32Array.of(50))[0] ?? nan, -2);
    expect(predicted[9]).toBeCloseTo(forecastRidge(down, frame, Int32Array.of(51))[0] ?? nan, -2);
  });

  it('answers with the mean when nothing can be learned from the columns', () => {
    const flat = frameOf({ flat: series.down.map(() => 3), down: series.down });
    const model = fitRidge({ train: flat, columns: ['flat'], targets: ['down'], window: 2, horizon: 1 });
    const targets = series.down.slice(2);
    const mean = targets.reduce((sum, value) => sum + value, 0) / targets.length;
    expect(forecastRidge(model, flat, Int32Array.of(5))[0]).toBeCloseTo(mean, -1);
  });

  it('solves even with fewer windows than features', () => {
    const short = frameOf({ down: series.down.slice(0, 12), load: series.load.slice(0, 12) });
    const model = fitRidge({ train: short, columns, targets: ['down'], window: 9, horizon: 1 });
    expect(forecastRidge(model, short, windowOrigins(short, ['down'], 9, 1)).every(Number.isFinite)).toBe(
      true,
    );
  });

  it('looks at the newest rows alone where a window has too many values', () => {
    const model = fitRidge({ train: frame, columns, targets: ['down'], window: 390, horizon: 1 });
    expect(model.window).toBe(390);
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`c${i}`, noise(30, i + 1)]));
    const names = Object.keys(wide);
    expect(
      fitRidge({ train: frameOf(wide), columns: names, targets: ['c0'], window: 9, horizon: 1 }).window,
    ).toBe(3);
  });

  it('refuses train rows without a complete window', () => {
    const options = { train: frame, columns, targets: ['down'], window: 400, horizon: 1 };
    expect(() => fitRidge(options)).toThrow('no train window of 400 + 1 rows has all its target values');
  });
});
