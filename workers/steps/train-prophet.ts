import { mersenne } from 'pure-rand/generator/mersenne';
import type { FittedPreprocess } from '../../src/contracts/fitted-preprocess.js';
import type { ForecastingParameters } from '../../src/contracts/forecasting-parameters.js';
import { clipValues } from '../../src/ml/clip.js';
import { rowsNeeded } from '../../src/ml/export/preprocess-nodes.js';
import { prophetModel } from '../../src/ml/export/prophet-model.js';
import { type Column, type Frame, makeFrame, pickColumns } from '../../src/ml/frame.js';
import { readFrameParquet, writeFrameParquet } from '../../src/ml/frame-parquet.js';
import type { FittedProphet } from '../../src/ml/prophet/fitted-prophet.js';
import { forecastWithInterval } from '../../src/ml/prophet/interval.js';
import { chooseSeasonalities } from '../../src/ml/prophet/seasonality.js';
import { getVerified } from '../../src/platform/object-store/content-address.js';
import { type HeldOut, loadHeldOut } from '../../src/evaluation/held-out.js';
import type { Step, StepContext } from '../step.js';
import { fitProphet } from '../training/fit-prophet.js';
import { publishModel } from '../training/publish-model.js';

/** Fits Prophet to each target's raw train rows and exports trend and seasonality as a model of raw values. */
export const trainProphet: Step<'train_prophet'> = async (input, context) => {
  const began = performance.now();
  const { parameters, preprocess, identifier, config_hash } = input;
  const { targets, fitted, step_ms } = preprocess;
  const { frame } = await readFrameParquet(await getVerified(context.store, preprocess.train_rows));
  const heldOut = await loadHeldOut(context.store, preprocess, parameters);
  const models: FittedProphet[] = [];
  for (const [done, name] of targets.entries()) {
    context.progress({ fraction: (0.9 * done) / targets.length + 0.05, message: `fitting ${name}` });
    const { time, values } = history(frame, name, fitted);
    const fitting = settings(time, parameters);
    const seasons = fitting.seasonalities.map((season) => season.name).join(', ') || 'none';
    context.log(`${name}: ${values.length} rows, ${fitting.growth} growth, seasonalities: ${seasons}`);
    const fitBegan = performance.now();
    models.push(fitProphet(time, values, fitting, parameters.seed));
    context.log(`${name}: fitted in ${((performance.now() - fitBegan) / 1000).toFixed(1)} s`);
  }
  const forecast = forecastHeldOut(models, heldOut, parameters.seed, context);
  context.progress({ fraction: 0.95, message: 'measuring' });
  const horizon = parameters.output_seq_len;
  const result = await publishModel(
    {
      model_type: 'PROPHET',
      bytes: prophetModel(models, { stepMs: step_ms, horizon, columnCount: fitted.columns.length }),
      identifier,
      config_hash,
      preprocess,
      // It looks at one time alone, and asks for what the nets ask for: whoever wins, the same request is answered,
      // and the same rows are forecast.
      window: parameters.input_seq_len,
      rows: rowsNeeded(fitted, parameters.input_seq_len),
      horizon,
      files: { 'forecast.parquet': writeFrameParquet(forecast) },
      began,
    },
    heldOut,
    context,
  );
  context.progress({ fraction: 1, message: 'done' });
  return result;
};

/** Times and raw values of a target, clipped where the run clips and without empty cells. */
function history(frame: Frame, target: string, { columns }: FittedPreprocess) {
  const [{ values }] = pickColumns(frame, [target]) as [Column];
  const clip = columns.find(({ name }) => name === target)?.clip;
  const known = (_: number, row: number) => !Number.isNaN(values[row]);
  const raw = values.filter(known);
  return { time: frame.time.filter(known), values: clip ? clipValues(raw, clip) : raw };
}

function settings(time: Float64Array, p: ForecastingParameters) {
  return {
    growth: p.growth,
    nChangepoints: p.n_changepoints,
    changepointRange: p.changepoint_range,
    changepointPriorScale: p.changepoint_prior_scale,
    seasonalityPriorScale: p.seasonality_prior_scale,
    mode: p.seasonality_mode,
    seasonalities: chooseSeasonalities(time, {
      yearly: p.yearly_seasonality,
      weekly: p.weekly_seasonality,
      daily: p.daily_seasonality,
    }),
  };
}

/** The forecast of the held-out rows with its 80 % interval, and in the tracked run how often the truth lay in it. */
function forecastHeldOut(
  models: readonly FittedProphet[],
  { frame, targets }: HeldOut,
  seed: number,
  context: StepContext,
): Frame {
  const random = mersenne(seed);
  const columns = pickColumns(frame, targets).flatMap(({ name, values }, target): Column[] => {
    const { point, lower, upper } = forecastWithInterval(models[target]!, frame.time, random);
    const known = [...values.keys()].filter((row) => !Number.isNaN(values[row]!));
    const inside = known.filter((row) => values[row]! >= lower[row]! && values[row]! <= upper[row]!);
    const value = inside.length / known.length;
    context.metrics([{ key: `interval_80_coverage_${name}`.slice(0, 250), value, step: 0 }]);
    return [
      { name, values: point },
      { name: `${name}_lower`, values: lower },
      { name: `${name}_upper`, values: upper },
    ];
  });
  return makeFrame(frame.time, columns);
}
