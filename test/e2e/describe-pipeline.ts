import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InferenceBatch } from '../../src/contracts/inference-batch.js';
import { ModelManifest } from '../../src/contracts/model-manifest.js';
import { buckets, processedKey, promotionKeys, trackedFileKey } from '../../src/contracts/object-keys.js';
import type { PipelineRun } from '../../src/contracts/pipeline-run.js';
import { CurrentPointer } from '../../src/contracts/pointer.js';
import { PredictAnswer, PredictSchemaAnswer } from '../../src/contracts/predict.js';
import { Promotion, PromotionPage } from '../../src/contracts/promotion.js';
import { EvaluateOutput } from '../../src/contracts/steps/evaluate.js';
import { InferResult } from '../../src/contracts/steps/infer.js';
import { PreprocessResult } from '../../src/contracts/steps/preprocess.js';
import { TrainOutput } from '../../src/contracts/steps/train.js';
import { readFrameParquet } from '../../src/ml/frame-parquet.js';
import { columnOf } from '../factories/frame.js';
import { parseAnswer } from '../http/parse-answer.js';
import { smallRun, smallSeries } from './small-series.js';
import type { TestStack } from './stack.js';
import { until } from './until.js';

const rows = 300;
/** Without a test file the last fifth is held out. */
const firstHeldOut = 240;

/**
 * The whole forecasting pipeline, asked for and looked at over HTTP alone, on whatever services a stack stands on.
 *
 * @param stack with a worker
 */
export function describePipeline(profile: string, stack: TestStack): void {
  describe(`the forecasting pipeline on ${profile}`, () => {
    let run: PipelineRun;
    beforeAll(async () => {
      run = await stack.client.ended(await stack.client.trigger(smallRun));
    });

    const outputsOf = <T>(step: string, schema: z.ZodType<T>) =>
      schema.parse(run.steps.find(({ name }) => name === step)?.outputs);
    const object = async (bucket: string, key: string) => {
      const { client } = stack;
      const response = await fetch(`${client.url()}/objects/${bucket}/${key}`);
      return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
    };
    /** A readable object, which may come a moment after the row that it shows. */
    const projection = (bucket: string, key: string) =>
      until(`${bucket}/${key} is there`, () => object(bucket, key));
    const current = () =>
      stack.client.read(`/promotions/current?identifier=${run.identifier}`, CurrentPointer);

    it('succeeds in all its steps, each at its first attempt', () => {
      expect(run.steps.map(({ name, state, attempts }) => [name, state, attempts.length])).toEqual(
        ['preprocess', 'train_lstm', 'train_gru', 'train_prophet', 'evaluate', 'infer'].map((name) => [
          name,
          'SUCCEEDED',
          1,
        ]),
      );
      expect(run.state).toBe('SUCCEEDED');
      expect(run.state_history.map(({ state }) => state)).toEqual(['PENDING', 'RUNNING', 'SUCCEEDED']);
      for (const { progress } of run.steps) expect(progress?.fraction).toBe(1);
    });

    it('compares the models with the baselines and promotes a net that beats NAIVE', () => {
      const { scoreboard, winner, accepted } = outputsOf('evaluate', EvaluateOutput);
      expect(scoreboard.map(({ model_type }) => model_type).sort()).toEqual([
        'GRU',
        'LSTM',
        'NAIVE',
        'PROPHET',
        'RIDGE',
      ]);
      const scores = scoreboard.map(({ score }) => score!);
      expect(scores).toEqual([...scores].sort((a, b) => a - b));
      expect(accepted).toBe(true);
      expect(['GRU', 'LSTM']).toContain(winner);
      expect(scoreboard.filter(({ promoted }) => promoted).map(({ model_type }) => model_type)).toEqual([
        winner,
      ]);
      const scoreOf = (type: string | null) =>
        scoreboard.find(({ model_type }) => model_type === type)!.score!;
      expect(scoreOf(winner)).toBeLessThan(scoreOf('NAIVE') / 2);
    });

    it('leaves one promotion, which the pointer and all its files show', async () => {
      const { items } = await stack.client.read(`/promotions?identifier=${run.identifier}`, PromotionPage);
      expect(items).toHaveLength(1);
      const promotion = Promotion.parse(items[0]);
      expect(promotion).toMatchObject({ id: run.promotion_id, version: 1, pipeline_run_id: run.id });
      expect(promotion.gates.map(({ verdict }) => verdict)).toEqual(Array(4).fill('passed'));
      const pointer = await current();
      expect(pointer).toMatchObject({ promotion_id: run.promotion_id, config_hash: run.config_hash });
      const { identifier, config_hash, timestamp } = pointer;
      for (const key of [
        promotionKeys.root(),
        promotionKeys.identifier(identifier),
        promotionKeys.config(identifier, config_hash),
        promotionKeys.history(identifier, config_hash, timestamp),
      ]) {
        const text = (await projection(buckets.promotion, key)).toString('utf8');
        expect(JSON.parse(text)).toEqual(pointer);
        expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(pointer));
      }
    });

    it('leaves the processed tables with the configuration that its hash is of', async () => {
      const { fitted, row_count } = outputsOf('preprocess', PreprocessResult);
      expect(row_count).toEqual({ train: firstHeldOut, test: rows - firstHeldOut });
      for (const [name, count] of [
        ['processed_data.parquet', row_count.train],
        ['test_processed_data.parquet', row_count.test],
      ] as const) {
        const key = processedKey(run.identifier, run.config_hash!, name);
        const { frame, metadata } = await readFrameParquet(await projection(buckets.processed, key));
        expect(frame.rows).toBe(count);
        expect(frame.columns.map((column) => column.name)).toEqual(fitted.features);
        expect(metadata.config_hash).toBe(run.config_hash);
        expect(createHash('sha256').update(metadata.preprocess_config!).digest('hex')).toBe(run.config_hash);
        const scaled = columnOf(frame, 'level');
        if (count === firstHeldOut) expect([Math.min(...scaled), Math.max(...scaled)]).toEqual([0, 1]);
      }
      const key = processedKey(run.identifier, run.config_hash!, 'processed_data.meta.json');
      const meta = (await projection(buckets.processed, key)).toString('utf8');
      const config = /"config": (\{.*\}),/.exec(meta)?.[1] ?? '';
      expect(createHash('sha256').update(config).digest('hex')).toBe(run.config_hash);
      expect(JSON.parse(meta)).toMatchObject({
        identifier: run.identifier,
        source_bucket: 'dataset',
        train_source_object: 'small.csv',
        test_source_object: null,
        config_hash: run.config_hash,
        scaler_type: 'MinMaxScaler',
        row_count: firstHeldOut,
        column_names: ['level', 'lead'],
      });
    });

    it.each([
      ['train_gru', 'GRU', 'loss_curve.json'],
      ['train_lstm', 'LSTM', 'loss_curve.json'],
      ['train_prophet', 'PROPHET', 'forecast.parquet'],
    ])(
      'leaves the files of %s in a finished tracked run, where an MLflow client looks',
      async (step, type, extra) => {
        const { tracked_run_id, files, model_version, metrics } = outputsOf(step, TrainOutput);
        const tracked = await stack.db.trackedRun.findUniqueOrThrow({
          where: { run_id: tracked_run_id },
          include: { latest_metrics: true, params: true },
        });
        expect(tracked.status).toBe('FINISHED');
        expect(
          Object.fromEntries(tracked.latest_metrics.map(({ key, value }) => [key, value])),
        ).toMatchObject({
          rmse: metrics.rmse,
          mae: metrics.mae,
        });
        expect(tracked.params).toContainEqual(expect.objectContaining({ key: 'epochs', value: '6' }));
        expect(files.map(({ path }) => path).sort()).toEqual(
          [`${type}/MLmodel`, `${type}/${extra}`, `${type}/manifest.json`, `${type}/model.onnx`].sort(),
        );
        for (const { path, file } of files) {
          const bytes = await projection(
            buckets.mlflow,
            trackedFileKey(tracked.experiment_id, tracked_run_id, path),
          );
          expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
          if (path.endsWith('manifest.json')) {
            const manifest = ModelManifest.parse(JSON.parse(bytes.toString('utf8')));
            expect(manifest).toMatchObject({ model_type: type, tracked_run_id, targets: ['level'] });
          }
          if (path.endsWith('MLmodel')) expect(bytes.toString('utf8')).toContain('model.onnx');
        }
        expect(model_version).toBeGreaterThanOrEqual(1);
      },
    );

    it('writes one line about its forecast', async () => {
      const { day, metrics } = outputsOf('infer', InferResult);
      const text = (await projection(buckets.inference, `${run.identifier}/${day}/results.jsonl`)).toString(
        'utf8',
      );
      const [line, ...others] = text.trimEnd().split('\n');
      expect(others).toEqual([]);
      const batch = InferenceBatch.parse(JSON.parse(line!));
      const { run_id, model_type, config_hash } = await current();
      expect(batch).toMatchObject({ identifier: run.identifier, run_id, model_type, config_hash, metrics });
      expect(metrics).toMatchObject({ rows_predicted: 12, overlap_rows: 12 });
      expect(batch.samples.map(({ step }) => step)).toEqual([0, 1, 6, 10, 11]);
      const series = smallSeries(rows).trim().split('\n').slice(1);
      for (const { step, ts, actual, pred, abs_err } of batch.samples) {
        // The forecast begins after the first whole window of the held-out rows.
        const [time, level] = series[firstHeldOut + smallRun.input_seq_len + step]!.split(',');
        expect({ ts, actual }).toEqual({ ts: time, actual: { level: Number(level) } });
        expect(abs_err.level).toBeCloseTo(Math.abs(pred.level! - Number(level)), 6);
      }
    });

    it('serves the promoted model: from raw rows it forecasts what the batch forecast', async () => {
      const { forecast } = outputsOf('infer', InferResult);
      const { frame } = await readFrameParquet((await object(forecast.bucket, forecast.key))!);
      const batch = columnOf(frame, 'level');
      const series = smallSeries(rows)
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','));
      const { run_id, model_version } = await current();
      for (const step of [0, 5, 11]) {
        const from = firstHeldOut + step;
        const history = series.slice(from, from + smallRun.input_seq_len);
        const data = {
          time: history.map(([time]) => time),
          level: history.map(([, level]) => Number(level)),
          lead: history.map(([, , lead]) => Number(lead)),
        };
        const answer = await stack.client.post('/predict', { identifier: run.identifier, data });
        expect(answer).toMatchObject({ status: 200 });
        const served = parseAnswer(PredictAnswer, answer);
        expect(served).toMatchObject({ run_id, model_version });
        const [{ ts, level }] = served.predictions as [Record<string, number | string>];
        expect(ts).toBe(new Date(frame.time[step]!).toISOString());
        // A ten-thousandth of the target's range, which is about 20.
        expect(Math.abs(Number(level) - batch[step]!)).toBeLessThan(0.002);
      }
      const schema = await stack.client.read(
        `/predict/schema?identifier=${run.identifier}`,
        PredictSchemaAnswer,
      );
      expect((await stack.client.post('/predict', schema.example)).status).toBe(200);
    });

    it('is compared with its champion when it is asked for again, and adds to what is there', async () => {
      // Reused models would forecast what is there already.
      const again = await stack.client.ended(
        await stack.client.trigger({ ...smallRun, force_reprocess: true }),
      );
      expect(again.state).toBe('SUCCEEDED');
      const champion = again.steps.find(({ name }) => name === 'evaluate')?.outputs;
      expect(
        EvaluateOutput.parse(champion).gates.find(({ name }) => name === 'not_worse_than_champion'),
      ).toMatchObject({
        verdict: 'passed',
        inputs: { champion_version: (await promotionsOf(run)).at(-1)?.model_version },
      });
      const promotions = await promotionsOf(run);
      expect(promotions.map(({ version, pipeline_run_id }) => [version, pipeline_run_id])).toEqual([
        [2, again.id],
        [1, run.id],
      ]);
      expect(promotions[0]?.replaces).toBe(promotions[1]?.id);
      const { day } = outputsOf('infer', InferResult);
      await until('the results have a second line', async () => {
        const text = await object(buckets.inference, `${run.identifier}/${day}/results.jsonl`);
        return text?.toString('utf8').trimEnd().split('\n').length === 2;
      });
      await until('current.json names the second promotion', async () => {
        const text = await object(buckets.promotion, promotionKeys.identifier(run.identifier));
        return (
          CurrentPointer.parse(JSON.parse(text?.toString('utf8') ?? '')).promotion_id === again.promotion_id
        );
      });
    });

    const promotionsOf = async ({ identifier }: PipelineRun) =>
      (await stack.client.read(`/promotions?identifier=${identifier}`, PromotionPage)).items;
  });
}
