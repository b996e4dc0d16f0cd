import { createHash } from 'node:crypto';
import { AppError } from '../../contracts/app-error.js';
import { ForecastingParameters } from '../../contracts/forecasting-parameters.js';
import { importedType } from '../../contracts/imported-manifest.js';
import { parametersRead } from '../../contracts/parameters-read.js';
import type { ModelType } from '../../contracts/model-manifest.js';
import { buckets } from '../../contracts/object-keys.js';
import type { Candidate } from '../../contracts/steps/evaluate.js';
import type { Determinants, InputContext, Pipeline, StepPlan } from '../plan.js';

/** The longest first: where there are fewer cores than trainers, all cores are busy until nearly the end. */
const trainers = [
  { name: 'train_lstm', type: 'train_recurrent', trains: 'LSTM' },
  { name: 'train_gru', type: 'train_recurrent', trains: 'GRU' },
  { name: 'train_prophet', type: 'train_prophet', trains: 'PROPHET' },
] as const;

const preprocess: StepPlan<'preprocess'> = {
  name: 'preprocess',
  type: 'preprocess',
  kind: 'preprocess',
  depends_on: [],
  needs: 'all',
  input: (context) => {
    const { identifier, config_hash, parameters } = runOf(context);
    const { train_file, test_file } = parameters;
    if (!train_file) throw new AppError('internal', 'the run was created without naming its train file');
    return { identifier, config_hash, parameters, train_file, test_file: test_file ?? null };
  },
  determinants: (context) => {
    const { train_file, test_file } = runOf(context).parameters;
    return {
      ...common(context, 'preprocess'),
      files: {
        ...(train_file !== undefined && { train_file: { bucket: buckets.dataset, key: train_file } }),
        ...(test_file !== undefined && { test_file: { bucket: buckets.dataset, key: test_file } }),
      },
      filesRead(outputs) {
        const { train, test } = outputs.get('preprocess', 'preprocess').source;
        return { train_file: train.sha256, ...(test && { test_file: test.sha256 }) };
      },
    };
  },
};

const evaluate: StepPlan<'evaluate'> = {
  name: 'evaluate',
  type: 'evaluate',
  kind: 'evaluate',
  depends_on: trainers.map(({ name }) => name),
  needs: 'any',
  input: async (context) => ({
    ...runOf(context),
    preprocess: context.outputs.get('preprocess', 'preprocess'),
    candidates: await candidatesOf(context),
    champion: await context.champion(),
    policy: await context.gatePolicy(),
  }),
};

const infer: StepPlan<'infer'> = {
  name: 'infer',
  type: 'infer',
  kind: 'infer',
  depends_on: ['evaluate'],
  needs: 'all',
  skip: (outputs) => {
    const { serving } = outputs.get('evaluate', 'evaluate');
    if (!serving) return 'no model is promoted for this identifier';
    // The run went well: what it trained was weighed. Only its champion is none that could go on with a series.
    return serving.model_type === importedType
      ? `version ${serving.model_version} is promoted, which was imported: it takes records and forecasts no series`
      : undefined;
  },
  input: (context) => {
    const { parameters } = runOf(context);
    const { serving } = context.outputs.get('evaluate', 'evaluate');
    if (!serving) throw new AppError('internal', 'infer was queued although nothing is promoted');
    const { inference_length, sample_idx } = parameters;
    return {
      served: serving,
      test_rows: context.outputs.get('preprocess', 'preprocess').test_rows,
      inference_length,
      sample_idx,
    };
  },
};

export const forecasting: Pipeline = {
  name: 'forecasting',
  description:
    'Forecasts a numeric time series: preprocess, train GRU, LSTM and PROPHET in parallel, evaluate and promote the best, forecast with what is promoted.',
  parameters: ForecastingParameters,
  steps: [
    preprocess,
    trainRecurrent('train_lstm', 'LSTM'),
    trainRecurrent('train_gru', 'GRU'),
    trainProphet(),
    evaluate,
    infer,
  ],
};

/** What the run has trained, without versions that were archived or deleted since. */
async function candidatesOf(context: InputContext): Promise<Candidate[]> {
  const trained = trainers.flatMap(({ name, type, trains }) => {
    const output = context.outputs.find(name, type);
    return output ? [{ ...output, model_type: trains }] : [];
  });
  const versions = trained.map(({ model_version }) => model_version);
  const left = await context.promotable(versions);
  const candidates = trained.filter(({ model_version }) => left.has(model_version));
  if (candidates.length > 0) return candidates;
  throw new AppError(
    'invalid_data',
    `none of the versions that this run trained (${versions.join(', ')}) can be promoted: they, or the model ${context.run.identifier}, were archived or deleted. Restore them and retry the run`,
  );
}

function trainRecurrent(name: string, trains: 'GRU' | 'LSTM'): StepPlan<'train_recurrent'> {
  return {
    ...trainStep(name, trains),
    type: 'train_recurrent',
    input: (context) => ({ ...trainInput(context), model_type: trains }),
    determinants: (context) => trainedOn(context, 'train_recurrent', trains),
  };
}

function trainProphet(): StepPlan<'train_prophet'> {
  return {
    ...trainStep('train_prophet', 'PROPHET'),
    type: 'train_prophet',
    input: (context) => ({ ...trainInput(context), model_type: 'PROPHET' }),
    determinants: (context) => trainedOn(context, 'train_prophet', 'PROPHET'),
  };
}

function trainStep(name: string, trains: ModelType) {
  return { name, trains, kind: 'train', depends_on: ['preprocess'], needs: 'all' } as const;
}

function trainInput(context: InputContext) {
  return { ...runOf(context), preprocess: context.outputs.get('preprocess', 'preprocess') };
}

function trainedOn(
  context: InputContext,
  type: 'train_recurrent' | 'train_prophet',
  model_type: ModelType,
): Determinants {
  const { values, ...rest } = common(context, type);
  const { train_rows, test_rows, processed_train, processed_test, fitted } = context.outputs.get(
    'preprocess',
    'preprocess',
  );
  const tables = Object.entries({ train_rows, test_rows, processed_train, processed_test });
  const digests = Object.fromEntries(tables.map(([name, { sha256 }]) => [name, sha256]));
  return { ...rest, values: { model_type, ...values, ...digests, fitted: sha256Of(fitted) }, files: {} };
}

/** What every step of one configuration shares, and the parameters that this type of step reads. */
function common(context: InputContext, type: keyof typeof parametersRead) {
  const { config_hash, parameters } = runOf(context);
  const read = parametersRead[type].map((name) => [name, parameters[name] ?? null] as const);
  return {
    values: { config_hash, ...Object.fromEntries(read) },
    ...(parameters.force_reprocess && { off: 'force_reprocess is set' }),
  };
}

function sha256Of(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function runOf({ run }: InputContext) {
  if (run.config_hash === null) throw new AppError('internal', 'a forecasting run has no config_hash');
  const parameters = ForecastingParameters.parse(run.parameters);
  return { identifier: run.identifier, config_hash: run.config_hash, parameters };
}
