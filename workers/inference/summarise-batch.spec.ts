import { describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import { InferenceBatch } from '../../src/contracts/inference-batch.js';
import { summariseBatch } from './summarise-batch.js';

const nan = Number.NaN;
const minute = 60_000;
const start = Date.UTC(2024, 0, 1);

/** Where the forecast of row 2 of the truth on begins. */
const at2 = { start: start + 2 * minute };

describe('summariseBatch', () => {
  const truth = frameOf({ up: [0, 0, 10, 20, nan, 40], down: [0, 0, 1, 2, 3, nan] });

  it('means the errors over the rows whose truth is known, column by column, then over the columns', () => {
    const forecast = frameOf({ down: [2, 2, 6, 9, 9], up: [10, 24, 0, 40, 0] }, at2);
    const { metrics } = summariseBatch(forecast, truth, 2);
    expect(metrics.overlap_rows).toBe(4);
    expect(metrics.mae).toEqual({ down: 4 / 3, up: 4 / 3 });
    expect(metrics.mse).toEqual({ down: 10 / 3, up: 16 / 3 });
    expect(metrics.mae_mean).toBeCloseTo(4 / 3, 12);
    expect(metrics.mse_mean).toBeCloseTo(13 / 3, 12);
    expect(metrics.rmse).toBeCloseTo(Math.sqrt(13 / 3), 12);
  });

  it('has the mean error of every step that has a truth', () => {
    const forecast = frameOf({ down: [2, 2, 6, 9, 9], up: [10, 24, 0, 40, 0] }, at2);
    expect(summariseBatch(forecast, truth, 2).metrics.step_mae).toEqual([
      { step: 0, mae: 0.5 },
      { step: 1, mae: 2 },
      { step: 2, mae: 3 },
      { step: 3, mae: 0 },
    ]);
  });

  it('lists 200 steps at most', () => {
    const long = frameOf({ down: Array.from({ length: 300 }, (_, row) => row) });
    const { metrics } = summariseBatch(long, long, 0);
    expect(metrics.step_mae).toHaveLength(200);
    expect(metrics.step_mae.at(-1)).toEqual({ step: 199, mae: 0 });
    expect(metrics.overlap_rows).toBe(300);
  });

  it('is null throughout where nothing is known', () => {
    const forecast = frameOf({ down: [1, 2] }, { start: start + 6 * minute });
    const { metrics, samples } = summariseBatch(forecast, truth, 6);
    expect(metrics).toEqual({
      overlap_rows: 0,
      mae_mean: null,
      mse_mean: null,
      rmse: null,
      mae: { down: null },
      mse: { down: null },
      step_mae: [],
    });
    expect(samples).toEqual([
      { step: 0, ts: '2024-01-01T00:06:00.000Z', pred: { down: 1 }, actual: null, abs_err: { down: null } },
      { step: 1, ts: '2024-01-01T00:07:00.000Z', pred: { down: 2 }, actual: null, abs_err: { down: null } },
    ]);
  });

  it('is null where a forecast is no number, and shows the truth all the same', () => {
    const { metrics, samples } = summariseBatch(frameOf({ down: [Infinity] }, at2), truth, 2);
    expect(metrics).toMatchObject({ overlap_rows: 0, mae: { down: null }, rmse: null });
    expect(samples[0]).toMatchObject({ pred: { down: null }, actual: { down: 1 }, abs_err: { down: null } });
  });

  it.each([
    [1, [0]],
    [2, [0, 1]],
    [5, [0, 2, 4]],
    [10, [0, 1, 5, 9]],
    [25, [0, 2, 12, 22, 24]],
    [100, [0, 10, 50, 90, 99]],
  ])('samples %i rows at their beginning, end, and between', (rows, steps) => {
    const forecast = frameOf({ down: Array.from({ length: rows }, () => 1) });
    expect(summariseBatch(forecast, truth, 0).samples.map(({ step }) => step)).toEqual(steps);
  });

  it('samples predictions beside what came true, per column', () => {
    const forecast = frameOf({ down: [2, 2, 6], up: [10, 24, 0] }, at2);
    const { samples } = summariseBatch(forecast, truth, 2);
    expect(samples.at(-1)).toEqual({
      step: 2,
      ts: '2024-01-01T00:04:00.000Z',
      pred: { down: 6, up: 0 },
      actual: { down: 3, up: null },
      abs_err: { down: 3, up: null },
    });
    expect(InferenceBatch.shape.samples.parse(samples)).toEqual(samples);
  });
});
