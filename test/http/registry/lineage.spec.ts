import { caller } from '../../factories/caller.js';
import { describe, expect, it } from 'vitest';
import { Lineage } from '../../../src/contracts/lineage.js';
import { buckets } from '../../../src/contracts/object-keys.js';
import { deleteRun } from '../../../src/engine/delete-run.js';
import { testApp } from '../../app.js';
import { churnModel } from '../../factories/foreign-models.js';
import { promoteModel, trainedModel } from '../../factories/promotion.js';
import { abandonedModel } from '../../factories/registered-version.js';
import { artifactRef, preprocessResult } from '../../factories/step-results.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { importModel } from './import-form.js';

const app = await testApp();
const { http, db } = app;

const lineageOf = async (name: string, version: number | string = 1) => {
  const answer = await http.get(`/models/${name}/versions/${version}/lineage`);
  expect(answer.status, answer.text).toBe(200);
  return parseAnswer(Lineage, answer);
};
const trackedOf = ({ run_id }: { run_id: string | null }) =>
  db.trackedRun.findUniqueOrThrow({ where: { run_id: run_id ?? '' } });

describe('the lineage of a version that a pipeline trained', () => {
  it('names files, preprocessing, training and the version itself, by digest', async () => {
    const model = await trainedModel(db, { identifier: 'traced', model_type: 'LSTM' });
    const tracked = await trackedOf(model);
    const { train_rows, test_rows, processed_train, processed_test, meta, source } = preprocessResult();
    const lineage = await lineageOf('traced');
    expect(lineage).toEqual({
      inputs: [{ role: 'train', bucket: 'dataset', ...source.train }],
      preprocess: {
        pipeline_run_id: tracked.pipeline_run_id,
        step: 'preprocess',
        cached_from_run_id: null,
        config_hash: 'c0ffee',
        artifacts: Object.entries({ train_rows, test_rows, processed_train, processed_test, meta }).map(
          ([name, file]) => ({ name, ...file }),
        ),
      },
      training: {
        tracked_run_id: model.run_id,
        experiment: 'forecasting/series',
        pipeline_run_id: tracked.pipeline_run_id,
        step: 'train_lstm',
        attempt: 1,
        parameters: expect.objectContaining({ epochs: '10', seed: expect.any(String) as string }) as object,
        metrics: model.metrics,
        started_at: tracked.start_time,
        ended_at: tracked.end_time,
      },
      imported: null,
      version: {
        name: 'traced',
        version: 1,
        model_type: 'LSTM',
        config_hash: 'c0ffee',
        sha256: model.model_sha256,
        size: artifactRef(`model of ${model.run_id}`).size,
        manifest_sha256: model.manifest_sha256,
        created_at: model.created_at,
        created_by: 'tester',
      },
      promotions: [],
    });
    const names = Object.keys(lineage.training?.parameters ?? {});
    expect(names).not.toContain('scaler');
    expect(names).not.toContain('growth');
  });

  it('shows what matters for PROPHET, and a file for tests', async () => {
    const model = await trainedModel(db, { identifier: 'prophet', model_type: 'PROPHET' });
    const { pipeline_run_id } = await trackedOf(model);
    const test = { key: 'held-out.csv', sha256: artifactRef('held out').sha256, size: 8 };
    const { source } = preprocessResult();
    await db.step.update({
      where: { run_id_name: { run_id: pipeline_run_id!, name: 'preprocess' } },
      data: { outputs: preprocessResult({ source: { ...source, test } }) },
    });
    const { training, inputs } = await lineageOf('prophet');
    expect(training?.parameters).toHaveProperty('growth');
    expect(training?.parameters).not.toHaveProperty('epochs');
    expect(inputs).toEqual([
      { role: 'train', bucket: buckets.dataset, ...source.train },
      { role: 'test', bucket: buckets.dataset, ...test },
    ]);
  });

  it('says whose preprocessing was reused', async () => {
    const first = await trackedOf(await trainedModel(db, { identifier: 'reused' }));
    const second = await trackedOf(await trainedModel(db, { identifier: 'reused' }));
    await db.step.update({
      where: { run_id_name: { run_id: second.pipeline_run_id!, name: 'preprocess' } },
      data: { cached_from_run_id: first.pipeline_run_id },
    });
    const lineage = await lineageOf('reused', 2);
    expect(lineage.preprocess).toMatchObject({
      pipeline_run_id: second.pipeline_run_id,
      cached_from_run_id: first.pipeline_run_id,
    });
    expect(lineage.inputs).toEqual((await lineageOf('reused', 1)).inputs);
  });

  it('lists every promotion of it and every rollback to it, and which of them serves', async () => {
    const identifier = 'served';
    const first = await trainedModel(db, { identifier });
    const second = await trainedModel(db, { identifier });
    const [one, two, three] = [
      await promoteModel(db, first),
      await promoteModel(db, second),
      await promoteModel(db, first, { restores: 1, actor: 'somebody' }),
    ];
    // Of another identifier: the newest of all is then not ours.
    await promoteModel(db, await trainedModel(db, { identifier: 'elsewhere' }));
    const common = { identifier, actor: 'operator' };
    expect((await lineageOf(identifier, 1)).promotions).toEqual([
      {
        ...common,
        id: three.id,
        version: 3,
        restores: 1,
        serving: true,
        actor: 'somebody',
        created_at: three.created_at,
      },
      { ...common, id: one.id, version: 1, restores: null, serving: false, created_at: one.created_at },
    ]);
    expect((await lineageOf(identifier, 2)).promotions).toEqual([
      { ...common, id: two.id, version: 2, restores: null, serving: false, created_at: two.created_at },
    ]);
    expect(await lineageOf(identifier, 'champion')).toEqual(await lineageOf(identifier, 1));
  });

  it('is null where the run was deleted since, and no error', async () => {
    const model = await abandonedModel(db, 'forgotten');
    await http.put('/models/forgotten/aliases/kept').send({ version: 1 });
    const { pipeline_run_id } = await trackedOf(model);
    await deleteRun(db, pipeline_run_id!, caller('tester'));
    const lineage = await lineageOf('forgotten');
    expect(lineage).toMatchObject({
      inputs: null,
      preprocess: null,
      training: { tracked_run_id: model.run_id, pipeline_run_id: null, step: 'train_gru', attempt: 1 },
      version: { sha256: model.model_sha256 },
    });
    await db.trackedRun.delete({ where: { run_id: model.run_id! } });
    expect(await lineageOf('forgotten')).toEqual({ ...lineage, training: null });
  });

  it('is null where another version of this software wrote it, and no error', async () => {
    const { pipeline_run_id } = await trackedOf(await trainedModel(db, { identifier: 'older' }));
    await db.step.update({
      where: { run_id_name: { run_id: pipeline_run_id!, name: 'preprocess' } },
      data: { outputs: { source: 'somewhere' } },
    });
    expect(await lineageOf('older')).toMatchObject({ inputs: null, preprocess: null });
  });
});

describe('the lineage of an imported version', () => {
  it('names its file and its tracked run', async () => {
    const { run_id, sha256, size } = await importModel(
      app,
      churnModel(),
      { name: 'churn' },
      { filename: 'last-year.onnx' },
    );
    expect(await lineageOf('churn')).toMatchObject({
      inputs: null,
      preprocess: null,
      training: null,
      imported: { tracked_run_id: run_id, source: 'last-year.onnx' },
      version: { model_type: 'ONNX', sha256, size, created_by: 'anonymous' },
      promotions: [],
    });
  });

  it('is there while it is archived', async () => {
    const before = await lineageOf('churn');
    await http.post('/models/churn/versions/1/archive');
    expect(await lineageOf('churn')).toEqual(before);
  });
});

it.each([
  ['/models/churn/versions/9/lineage', 404],
  ['/models/nothing/versions/1/lineage', 404],
  ['/models/churn/versions/nobody/lineage', 404],
  ['/models/churn/versions/a%00b/lineage', 400],
  ['/models/a%20b/versions/1/lineage', 400],
])('%s is answered with %i', async (path, status) => {
  expectProblem(await http.get(path), status);
});
