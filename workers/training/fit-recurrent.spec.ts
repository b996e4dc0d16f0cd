import { mersenne } from 'pure-rand/generator/mersenne';
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import type { RecurrentShape } from '../../src/ml/recurrent/shape.js';
import { type EpochReport, fitRecurrent, type FitSettings } from './fit-recurrent.js';
import { RecurrentForward } from './recurrent-forward.js';
import { type TrainWindows, trainWindows } from './train-windows.js';

const shape: RecurrentShape = {
  cell: 'GRU',
  inputSize: 1,
  hiddenSize: 4,
  numLayers: 1,
  window: 4,
  outputSize: 1,
};
const wave = (length: number) => Array.from({ length }, (_, row) => Math.sin(row / 3));

function windowsOf(values: readonly number[]): TrainWindows {
  const frame = frameOf({ value: values });
  return trainWindows(frame, frame, ['value'], shape.window, 1);
}

/** A training of 104 rows in 100 windows, what it told, and what came out of it. */
async function fit(
  settings: Partial<FitSettings> = {},
  { data = windowsOf(wave(104)), seed = 1, shaped = shape } = {},
) {
  const reports: EpochReport[] = [];
  const batches: { trained: number; total: number; epoch: number }[] = [];
  const parameters = await fitRecurrent(
    shaped,
    data,
    {
      epochs: 3,
      batchSize: 16,
      learningRate: 0.01,
      gradientClip: 1,
      earlyStopping: true,
      patience: 30,
      threads: 1,
      ...settings,
    },
    mersenne(seed),
    {
      onBatch: (trained, total, epoch) => batches.push({ trained, total, epoch }),
      onEpoch: (report) => reports.push(report),
    },
  );
  return { parameters, reports, batches };
}

describe('fitRecurrent', () => {
  it('learns', async () => {
    const { reports } = await fit({ epochs: 30 });
    expect(reports.at(-1)!.trainLoss).toBeLessThan(reports[0]!.trainLoss / 10);
  });

  it.each(['GRU', 'LSTM'] as const)('gives the same bits for the same seed (%s)', async (cell) => {
    const shaped = { ...shape, cell, hiddenSize: 16, numLayers: 2 };
    const [first, second] = [await fit({}, { shaped }), await fit({}, { shaped })];
    expect(Buffer.from(first.parameters.buffer).equals(Buffer.from(second.parameters.buffer))).toBe(true);
    expect(first.reports).toEqual(second.reports);
  });

  it('gives other parameters for another seed', async () => {
    const [first, second] = [await fit({}, { seed: 1 }), await fit({}, { seed: 2 })];
    expect([...first.parameters]).not.toEqual([...second.parameters]);
  });

  it('leaves the order of the windows that it was given alone', async () => {
    const data = windowsOf(wave(104));
    const before = [...data.starts];
    await fit({}, { data });
    expect([...data.starts]).toEqual(before);
  });

  it('tells after each batch, the smaller last one too, how many windows it has trained', async () => {
    const { batches } = await fit({ epochs: 2, batchSize: 40 });
    expect(batches).toEqual([
      { trained: 40, total: 200, epoch: 1 },
      { trained: 80, total: 200, epoch: 1 },
      { trained: 100, total: 200, epoch: 1 },
      { trained: 140, total: 200, epoch: 2 },
      { trained: 180, total: 200, epoch: 2 },
      { trained: 200, total: 200, epoch: 2 },
    ]);
  });
});

describe('early stopping', () => {
  /** The last tenth shows the opposite of what the rest does: the better the net learns, the worse it does there. */
  const contradicted = () => {
    const data = windowsOf(wave(104));
    return { ...data, targets: data.targets.map((value, row) => (row < 94 ? value : -value)) };
  };

  it.each([
    ['it could not come into play', { patience: 3, epochs: 3 }],
    ['it is off', { patience: 1, epochs: 3, earlyStopping: false }],
  ])('holds nothing out when %s', async (_, settings) => {
    const { reports, batches } = await fit(settings);
    expect(reports.map(({ validationLoss }) => validationLoss)).toEqual([null, null, null]);
    expect(batches.at(-1)!.trained).toBe(300);
  });

  it('holds the last tenth of the windows out where patience is smaller than epochs', async () => {
    const { reports, batches } = await fit({ patience: 2, epochs: 3 });
    expect(reports).toHaveLength(3);
    expect(reports.every(({ validationLoss }) => validationLoss !== null)).toBe(true);
    expect(batches.at(-1)!.trained).toBe(270);
  });

  it('never trains on what it holds out', async () => {
    const [plain, changed] = [windowsOf(wave(104)), contradicted()];
    const settings = { patience: 2, epochs: 3 };
    const losses = async (data: TrainWindows) =>
      (await fit(settings, { data })).reports.map(({ trainLoss }) => trainLoss);
    expect(await losses(changed)).toEqual(await losses(plain));
  });

  it('stops when the held-out loss has got no better for as long as its patience, and gives the best', async () => {
    const data = contradicted();
    const { parameters, reports } = await fit({ epochs: 50, patience: 4 }, { data });
    const losses = reports.map(({ validationLoss }) => validationLoss!);
    const best = losses.indexOf(Math.min(...losses));
    expect(reports).toHaveLength(best + 1 + 4);
    expect(reports.length).toBeLessThan(50);

    const forward = await RecurrentForward.create(shape);
    expect(await forward.loss(parameters, data, data.starts.subarray(90))).toBe(losses[best]);
    await forward.release();
  });
});

describe('numbers that are not finite', () => {
  const scaled = (factor: number, from = 0) =>
    windowsOf(wave(104).map((value, row) => (row < from ? value : value * factor)));

  it.each([
    ['a loss', scaled(1e25), {}, 'the loss is Infinity in epoch 1, window 0'],
    ['a gradient', scaled(1.5e19), { batchSize: 1 }, "the gradient's norm is Infinity in epoch 1"],
    ['a validation loss', scaled(1e40, 95), { patience: 1 }, 'the validation loss is Infinity in epoch 1'],
  ])('of %s end the training for good', async (_, data, settings, message) => {
    await expect(fit(settings, { data })).rejects.toMatchObject({
      code: 'not_finite',
      permanent: true,
      message: expect.stringContaining(message),
      where: expect.stringMatching(/^epoch 1/),
    });
  });
});
