import { mersenne } from 'pure-rand/generator/mersenne';
import { AppError } from '../../src/contracts/app-error.js';
import type { StepInput } from '../../src/contracts/steps/step-types.js';
import { rowsNeeded } from '../../src/ml/export/preprocess-nodes.js';
import { recurrentModel } from '../../src/ml/export/recurrent-model.js';
import { readFrameParquet } from '../../src/ml/frame-parquet.js';
import { parameterCount, type RecurrentShape } from '../../src/ml/recurrent/shape.js';
import { getVerified } from '../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { loadHeldOut } from '../../src/evaluation/held-out.js';
import type { Step } from '../step.js';
import { checkExport } from '../training/check-export.js';
import { type EpochReport, fitRecurrent } from '../training/fit-recurrent.js';
import { publishModel } from '../training/publish-model.js';
import { type TrainWindows, trainWindows } from '../training/train-windows.js';
import { trainingProgress } from '../training/training-progress.js';

/** Trains a GRU or LSTM on the processed rows and exports it as a model of raw values. */
export const trainRecurrent: Step<'train_recurrent'> = async (input, context) => {
  const began = performance.now();
  const { parameters, preprocess, model_type, identifier, config_hash } = input;
  const data = await loadWindows(input, context.store);
  // Before the training: rows that nothing can be measured on are better found out now than after it.
  const heldOut = await loadHeldOut(context.store, preprocess, parameters);
  const shape: RecurrentShape = {
    cell: model_type,
    inputSize: data.featureCount,
    hiddenSize: parameters.hidden_size,
    numLayers: parameters.num_layers,
    window: data.window,
    outputSize: data.horizon * data.targetCount,
  };
  const { inputSize, hiddenSize, numLayers, outputSize } = shape;
  context.log(
    `${model_type} of ${numLayers} layers of ${hiddenSize}: ${data.window} rows of ${inputSize} features to ${outputSize} values, ${parameterCount(shape)} parameters`,
  );
  context.log(`${data.starts.length} windows, ${heldOut.origins.length} held-out forecasts`);
  const curve: EpochReport[] = [];
  const progress = trainingProgress(parameters.epochs, context.progress);
  const weights = await fitRecurrent(
    shape,
    data,
    {
      epochs: parameters.epochs,
      batchSize: parameters.batch_size,
      learningRate: parameters.learning_rate,
      gradientClip: parameters.gradient_clip,
      earlyStopping: parameters.early_stopping,
      patience: parameters.patience,
      threads: context.threads,
    },
    mersenne(parameters.seed),
    {
      onBatch: progress.onBatch,
      onEpoch(report) {
        curve.push(report);
        progress.onEpoch(report);
        const { epoch: step, trainLoss, validationLoss } = report;
        const watched = validationLoss === null ? '' : `, validation loss ${validationLoss.toPrecision(4)}`;
        context.log(`epoch ${step}/${parameters.epochs}: train loss ${trainLoss.toPrecision(4)}${watched}`);
        context.metrics([
          { key: 'train_loss', value: trainLoss, step },
          ...(validationLoss === null ? [] : [{ key: 'validation_loss', value: validationLoss, step }]),
        ]);
      },
    },
  );
  const { epochs } = parameters;
  if (curve.length < epochs) {
    const message = `stopped early after epoch ${curve.length}/${epochs}`;
    context.log(`${message}: the validation loss has not fallen for ${parameters.patience} epochs`);
    context.progress({ fraction: 1, message, epoch: curve.length, epochs, loss: curve.at(-1)?.trainLoss });
  }
  const bytes = recurrentModel(shape, weights, preprocess.fitted, preprocess.targets);
  await checkExport({ shape, weights, bytes, fitted: preprocess.fitted, heldOut });
  return publishModel(
    {
      model_type,
      bytes,
      identifier,
      config_hash,
      preprocess,
      window: data.window,
      rows: rowsNeeded(preprocess.fitted, data.window),
      horizon: data.horizon,
      files: { 'loss_curve.json': new TextEncoder().encode(JSON.stringify(lossCurve(curve))) },
      began,
    },
    heldOut,
    context,
  );
};

function lossCurve(epochs: readonly EpochReport[]) {
  return epochs.map(({ epoch, trainLoss: train_loss, validationLoss: validation_loss }) => ({
    epoch,
    train_loss,
    validation_loss,
  }));
}

async function loadWindows(
  { parameters, preprocess }: StepInput<'train_recurrent'>,
  store: ObjectStore,
): Promise<TrainWindows> {
  const [processed, raw] = await Promise.all(
    [preprocess.processed_train, preprocess.train_rows].map(
      async (file) => (await readFrameParquet(await getVerified(store, file))).frame,
    ),
  );
  const { input_seq_len: window, output_seq_len: horizon } = parameters;
  const data = trainWindows(processed!, raw!, preprocess.targets, window, horizon);
  if (data.starts.length === 0)
    throw new AppError('invalid_data', 'no train window has all its target values', { where: 'train rows' });
  return data;
}
