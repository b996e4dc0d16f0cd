import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goldenTrainingPath, loadGoldenTraining } from '../../test/factories/golden-training.js';
import { largestDifference } from '../../test/factories/largest-difference.js';
import { trainingGradient } from '../../test/factories/training-gradient.js';
import { cells, parameterCount } from '../../src/ml/recurrent/shape.js';
import { RecurrentForward } from './recurrent-forward.js';
import { RecurrentTrainer } from './recurrent-trainer.js';

const ownThreads = '/proc/self/task';
const runningThreads = () => readdirSync(ownThreads).length;

describe.skipIf(!existsSync(goldenTrainingPath))(
  `recurrent training against PyTorch (skipped when ${goldenTrainingPath} is not there)`,
  () => {
    describe.each(cells)('%s', (cell) => {
      it('has the gradient of the first step', async () => {
        const { shape, initial, batches, ...golden } = loadGoldenTraining(cell);
        const { gradient, loss } = await trainingGradient(shape, initial, batches[0]!);
        expect(largestDifference(gradient, golden.firstGradient)).toBeLessThan(1e-6);
        expect(loss).toBeCloseTo(golden.losses[0]!, 5);
      });

      it('follows every loss and gradient norm to the same weights and predictions', async () => {
        const { shape, batches, ...golden } = loadGoldenTraining(cell);
        const trainer = await RecurrentTrainer.create(shape, golden, golden.initial);
        const [losses, norms]: [number[], number[]] = [[], []];
        for (const step of golden.losses.keys()) {
          const { x, y } = batches[step % batches.length]!;
          const { loss, gradientNorm } = await trainer.step(x, y);
          losses.push(loss);
          norms.push(gradientNorm);
        }
        expect(largestDifference(losses, golden.losses)).toBeLessThan(1e-5);
        expect(largestDifference(norms, golden.gradientNorms)).toBeLessThan(1e-5);
        expect(largestDifference(trainer.parameters, golden.final)).toBeLessThan(1e-5);

        const forward = await RecurrentForward.create(shape);
        const predictions = await forward.predict(trainer.parameters, batches[0]!.x);
        expect(largestDifference(predictions, golden.predictions)).toBeLessThan(1e-5);
        await Promise.all([trainer.release(), forward.release()]);
      });
    });
  },
);

describe('a training step', () => {
  const shape = { cell: 'GRU', inputSize: 1, hiddenSize: 2, numLayers: 1, window: 2, outputSize: 1 } as const;
  const settings = { learningRate: 0.1, gradientClip: Infinity };
  const x = Float32Array.of(0.1, 0.2);
  const y = Float32Array.of(5);

  it('leaves the parameters that it was given alone', async () => {
    const initial = new Float32Array(parameterCount(shape)).fill(0.5);
    const trainer = await RecurrentTrainer.create(shape, settings, initial);
    await trainer.step(x, y);
    expect([...initial]).toEqual(Array.from(initial, () => 0.5));
    expect([...trainer.parameters]).not.toEqual([...initial]);
    await trainer.release();
  });

  it('does not change parameters that were read before it', async () => {
    const trainer = await RecurrentTrainer.create(
      shape,
      settings,
      new Float32Array(parameterCount(shape)).fill(0.5),
    );
    await trainer.step(x, y);
    const read = trainer.parameters;
    const copy = [...read];
    await trainer.step(x, y);
    expect([...read]).toEqual(copy);
    expect([...trainer.parameters]).not.toEqual(copy);
    await trainer.release();
  });
});

describe('the threads of a training', () => {
  const shape = {
    cell: 'GRU',
    inputSize: 3,
    hiddenSize: 64,
    numLayers: 1,
    window: 8,
    outputSize: 2,
  } as const;
  const settings = { learningRate: 0.01, gradientClip: 1 };
  const batch = 32;
  const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i));
  const train = async (threads: number) => {
    const initial = wave(parameterCount(shape)).map((value) => value / 10);
    const trainer = await RecurrentTrainer.create(shape, { ...settings, threads }, initial);
    const running = existsSync(ownThreads) ? runningThreads() : 0;
    for (let step = 0; step < 5; step += 1) {
      await trainer.step(wave(shape.window * batch * shape.inputSize), wave(batch * shape.outputSize));
    }
    const { parameters } = trainer;
    await trainer.release();
    return { running, parameters };
  };

  it.runIf(existsSync(ownThreads))('are as many as are asked for', async () => {
    const [one, four] = [await train(1), await train(4)];
    // The calling thread is one of them.
    expect(four.running - one.running).toBe(3);
  });

  it('give the same bits again when there is one, and nearly the same when there are more', async () => {
    const [one, again, two] = [await train(1), await train(1), await train(2)];
    expect(again.parameters).toEqual(one.parameters);
    expect(largestDifference(two.parameters, one.parameters)).toBeLessThan(1e-4);
  });
});
