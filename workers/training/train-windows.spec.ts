import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import { ForecastingParameters } from '../../src/contracts/forecasting-parameters.js';
import { preprocessDataset } from '../../src/ml/preprocess-dataset.js';
import { gatherBatch, trainWindows } from './train-windows.js';

const nan = Number.NaN;

describe('trainWindows', () => {
  it('lists every window that has its rows and the ones it forecasts', () => {
    const frame = frameOf({ down: [0, 1, 2, 3, 4, 5] });
    expect([...trainWindows(frame, frame, ['down'], 3, 1).starts]).toEqual([0, 1, 2]);
    expect([...trainWindows(frame, frame, ['down'], 3, 3).starts]).toEqual([0]);
    expect([...trainWindows(frame, frame, ['down'], 3, 4).starts]).toEqual([]);
  });

  it('does not mind filled cells in what a window sees', () => {
    const [raw, filled] = [frameOf({ down: [nan, nan, 2, 3] }), frameOf({ down: [7, 7, 2, 3] })];
    expect([...trainWindows(filled, raw, ['down'], 2, 1).starts]).toEqual([0, 1]);
  });

  it('learns from exactly the windows whose true targets are known, whatever was dropped, filled or lagged', () => {
    const cell = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(1, 2, 3) }, fc.constant(nan));
    const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 30, maxLength: 60 });
    fc.assert(
      fc.property(
        rows,
        fc.boolean(),
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        (cells, dropping, lags, window, horizon) => {
          const column = (index: number) => [1, 2, ...cells.map((row) => row[index]!)];
          const frame = frameOf({ down: column(0), up: column(1), other: column(2) });
          const targets = ['up', 'down'];
          const parameters = ForecastingParameters.parse({
            dataset_name: 'x',
            targets,
            input_seq_len: window,
            output_seq_len: horizon,
            nans_drop_rows: dropping,
            lags_enable: lags > 0,
            lags_n: lags,
          });
          const { train, rawTrain } = preprocessDataset(frame, frame, parameters);
          const { starts } = trainWindows(train, rawTrain, targets, window, horizon);

          const [down, up] = rawTrain.columns;
          const known = new Set(
            rawTrain.time.filter((_, i) => ![down, up].some((c) => Number.isNaN(c!.values[i]))),
          );
          const expected = [...train.time.keys()].filter((start) => {
            const forecast = train.time.subarray(start + window, start + window + horizon);
            return forecast.length === horizon && forecast.every((time) => known.has(time));
          });
          expect([...starts]).toEqual(expected);
        },
      ),
    );
  });
});

describe('gatherBatch', () => {
  const frame = frameOf({ up: [0, 1, 2, 3, 4], down: [10, 11, 12, 13, 14] });

  it('lays windows out by row, window, feature, and what they forecast by window, step, target', () => {
    const data = trainWindows(frame, frame, ['down'], 2, 2);
    const { x, y } = gatherBatch(data, Int32Array.of(1, 0));
    expect([...x]).toEqual([1, 11, 0, 10, 2, 12, 1, 11]);
    expect([...y]).toEqual([13, 14, 12, 13]);
  });

  it('puts the targets of one step side by side, in their order', () => {
    const data = trainWindows(frame, frame, ['down', 'up'], 1, 2);
    expect([...gatherBatch(data, Int32Array.of(2)).y]).toEqual([13, 3, 14, 4]);
  });
});
