import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { AppError } from '../../src/contracts/app-error.js';
import { initialParameters } from '../../src/ml/recurrent/initial-parameters.js';
import type { RecurrentShape } from '../../src/ml/recurrent/shape.js';
import { RecurrentForward } from './recurrent-forward.js';
import { RecurrentTrainer } from './recurrent-trainer.js';
import { gatherBatch, type TrainWindows } from './train-windows.js';

export interface FitSettings {
  epochs: number;
  batchSize: number;
  learningRate: number;
  gradientClip: number;
  earlyStopping: boolean;
  patience: number;
  /** One thread and one seed give the same bits again. */
  threads: number;
}

export interface EpochReport {
  /** 1, 2, 3, … */
  epoch: number;
  /** Mean squared errors on the scaler's scale; the second is null when nothing is held out. */
  trainLoss: number;
  validationLoss: number | null;
}

export interface FitListener {
  /** After every batch: windows trained in all, and how many there will be at most. */
  onBatch: (trained: number, total: number, epoch: number) => void;
  onEpoch: (report: EpochReport) => void;
}

/** Share of the train windows, the last by time, that early stopping watches. */
const watchedShare = 0.1;

/**
 * Trains a recurrent net: shuffled batches, Adam, and early stopping on the last tenth of the windows where it can
 * come into play at all (`patience` smaller than `epochs`).
 *
 * @returns the flat parameter vector: the last epoch's, or with early stopping the best one's
 * @throws AppError `not_finite` when a loss or a gradient is not: another attempt would do the same
 */
export async function fitRecurrent(
  shape: RecurrentShape,
  data: TrainWindows,
  settings: FitSettings,
  random: RandomGenerator,
  listener: FitListener,
): Promise<Float32Array> {
  const { epochs, patience, batchSize } = settings;
  const watched =
    settings.earlyStopping && patience < epochs ? Math.floor(data.starts.length * watchedShare) : 0;
  const trained = data.starts.slice(0, data.starts.length - watched);
  const validation = data.starts.slice(data.starts.length - watched);
  const trainer = await RecurrentTrainer.create(shape, settings, initialParameters(shape, random));
  const forward = watched > 0 ? await RecurrentForward.create(shape, settings.threads) : undefined;
  try {
    let best = { loss: Infinity, epoch: 0, parameters: trainer.parameters };
    for (let epoch = 1; epoch <= epochs; epoch++) {
      shuffle(trained, random);
      let sum = 0;
      for (let at = 0; at < trained.length; at += batchSize) {
        const { x, y } = gatherBatch(data, trained.subarray(at, at + batchSize));
        const { loss, gradientNorm } = await trainer.step(x, y);
        requireFinite('the loss', loss, `epoch ${epoch}, window ${at}`);
        // The loss is the one before the update: only a finite norm says that the new parameters are finite too.
        requireFinite("the gradient's norm", gradientNorm, `epoch ${epoch}, window ${at}`);
        sum += loss * (y.length / shape.outputSize);
        listener.onBatch(
          (epoch - 1) * trained.length + Math.min(at + batchSize, trained.length),
          epochs * trained.length,
          epoch,
        );
      }
      const validationLoss = forward ? await forward.loss(trainer.parameters, data, validation) : null;
      if (validationLoss !== null) requireFinite('the validation loss', validationLoss, `epoch ${epoch}`);
      listener.onEpoch({ epoch, trainLoss: sum / trained.length, validationLoss });
      if (validationLoss === null) continue;
      if (validationLoss < best.loss) best = { loss: validationLoss, epoch, parameters: trainer.parameters };
      if (epoch - best.epoch >= patience) break;
    }
    return forward ? best.parameters : trainer.parameters;
  } finally {
    await trainer.release();
    await forward?.release();
  }
}

function requireFinite(what: string, value: number, where: string): void {
  if (Number.isFinite(value)) return;
  throw new AppError('not_finite', `${what} is ${value} in ${where}; a smaller learning_rate may help`, {
    where,
  });
}

/** Fisher and Yates, in place. */
function shuffle(values: Int32Array, random: RandomGenerator): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
}
