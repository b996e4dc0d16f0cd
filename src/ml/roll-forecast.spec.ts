import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnOf, frameOf } from '../../test/factories/frame.js';
import type { Frame } from './frame.js';
import { type ForecasterShape, rollForecast, type RunWindow } from './roll-forecast.js';

const [start, minute] = [Date.UTC(2024, 0, 1), 60_000];

/** Forecasts `sum of the window's cells + step` for every target, and keeps what it was asked. */
function summing({ targets, horizon }: ForecasterShape) {
  const windows: { time: number[]; cells: number[] }[] = [];
  const run: RunWindow = async (time, cells) => {
    windows.push({ time: Array.from(time, Number), cells: [...cells] });
    const sum = cells.reduce((total, value) => total + value, 0);
    return Float64Array.from(
      { length: horizon * targets.length },
      (_, i) => sum + Math.floor(i / targets.length) + (i % targets.length) * 100,
    );
  };
  return { windows, run };
}

const shape = { columns: ['up', 'down'], targets: ['down'], rows: 2, horizon: 1 };
const frame = frameOf({ down: [1, 2, 3, 4], other: [9, 9, 9, 9], up: [10, 20, 30, 40] });

describe('rollForecast', () => {
  it('sees true rows while there are any, in the order of the columns', async () => {
    const { windows, run } = summing(shape);
    const forecast = await rollForecast(shape, minute, frame, 2, 2, run);
    expect(windows.map(({ cells }) => cells)).toEqual([
      [10, 1, 20, 2],
      [20, 2, 30, 3],
    ]);
    expect(columnOf(forecast, 'down')).toEqual([33, 55]);
    expect([...forecast.time]).toEqual([start + 2 * minute, start + 3 * minute]);
  });

  it('then goes on from its own forecasts: targets fed back, other columns as they were last, time going on', async () => {
    const { windows, run } = summing(shape);
    const forecast = await rollForecast(shape, 5 * minute, frame, 4, 3, run);
    expect(windows).toEqual([
      { time: [start + 2 * minute, start + 3 * minute], cells: [30, 3, 40, 4] },
      { time: [start + 3 * minute, start + 8 * minute], cells: [40, 4, 40, 77] },
      { time: [start + 8 * minute, start + 13 * minute], cells: [40, 77, 40, 161] },
    ]);
    expect(columnOf(forecast, 'down')).toEqual([77, 161, 318]);
    expect([...forecast.time]).toEqual([8, 13, 18].map((minutes) => start + minutes * minute));
  });

  it('cuts the last forecast where the length is no multiple of the horizon', async () => {
    const twoTargets = { ...shape, targets: ['down', 'up'], horizon: 3 };
    const { windows, run } = summing(twoTargets);
    const done: number[] = [];
    const forecast = await rollForecast(twoTargets, minute, frame, 4, 4, run, (rows) => done.push(rows));
    expect(windows).toHaveLength(2);
    expect(windows[1]!.cells).toEqual([178, 78, 179, 79]);
    expect(columnOf(forecast, 'down')).toEqual([77, 78, 79, 514]);
    expect(columnOf(forecast, 'up')).toEqual([177, 178, 179, 614]);
    expect(done).toEqual([3, 4]);
  });

  it('hands empty cells on to the model, which fills them', async () => {
    const { windows, run } = summing(shape);
    const gaps = frameOf({ down: [1, Number.NaN], up: [10, Number.NaN] });
    await rollForecast(shape, minute, gaps, 2, 2, run);
    expect(windows[1]!.cells).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });

  it('leaves the frame alone', async () => {
    const before = structuredClone(frame);
    await rollForecast(shape, minute, frame, 3, 9, summing(shape).run);
    expect(frame).toEqual(before);
  });

  it('does what a plain list of rows does', async () => {
    const value = fc.integer({ min: -9, max: 9 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(value, value, value), { minLength: 3, maxLength: 12 }),
        fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 15 }),
        async (cells, targets, rows, horizon, skip, length) => {
          const given = frameOf({
            a: cells.map(([a]) => a),
            b: cells.map(([, b]) => b),
            c: cells.map(([, , c]) => c),
          });
          const shape = { columns: ['c', 'a', 'b'], targets, rows, horizon };
          const origin = Math.min(rows + skip, given.rows);
          const { run } = summing(shape);
          const forecast = await rollForecast(shape, 7, given, origin, length, run);
          expect(forecast.rows).toBe(length);
          expect(rowsOf(forecast)).toEqual(await naive(shape, 7, given, origin, length, run));
        },
      ),
      { numRuns: 300 },
    );
  });
});

type Row = Record<string, number>;

function rowsOf({ time, columns }: Frame): Row[] {
  return Array.from(time, (at, row) => ({
    time: at,
    ...Object.fromEntries(columns.map(({ name, values }) => [name, values[row]!])),
  }));
}

/** The same as a table that grows: forecast a horizon, append the rows that are not there yet, go on behind it. */
async function naive(
  { columns, targets, rows, horizon }: ForecasterShape,
  stepMs: number,
  frame: Frame,
  origin: number,
  length: number,
  run: RunWindow,
): Promise<Row[]> {
  const table = rowsOf(frame);
  const forecast: Row[] = [];
  for (let at = origin; forecast.length < length; at += horizon) {
    const window = table.slice(at - rows, at);
    const predicted = await run(
      BigInt64Array.from(window, ({ time }) => BigInt(time!)),
      Float64Array.from(window.flatMap((row) => columns.map((name) => row[name]!))),
    );
    for (let step = 0; step < horizon; step++) {
      const values = Object.fromEntries(
        targets.map((name, target) => [name, predicted[step * targets.length + target]!]),
      );
      const last = table.at(-1)!;
      table[at + step] ??= { ...last, time: last.time! + stepMs, ...values };
      forecast.push({ time: table[at + step]!.time!, ...values });
    }
  }
  return forecast.slice(0, length);
}
