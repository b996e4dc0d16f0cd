import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ImportedManifest } from '../../../src/contracts/imported-manifest.js';
import { buckets, trackedFileKey } from '../../../src/contracts/object-keys.js';
import { ModelVersion } from '../../../src/contracts/registry.js';
import type { JsonTensor } from '../../../src/contracts/tensor.js';
import { importModel as register, type NewImport } from '../../../src/engine/import-model.js';
import { sweepArtifacts } from '../../../src/engine/sweep-artifacts.js';
import { writeProjections } from '../../../src/engine/write-projections.js';
import { inTransaction } from '../../../src/platform/database/transaction.js';
import { putByDigest } from '../../../src/platform/object-store/content-address.js';
import { readObject } from '../../../src/platform/object-store/read-object.js';
import { testApp } from '../../app.js';
import { churnModel, elementType, identityModel, location } from '../../factories/foreign-models.js';
import { greedyModel } from '../../factories/small-models.js';
import { forgeManifest } from '../../forge-manifest.js';
import { openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { importModel, sendModel } from './import-form.js';

const app = await testApp();
const { http, db, store } = app;

const customers = (rows: number): JsonTensor[] => [
  { name: 'plan', shape: [rows, 1], datatype: 'BYTES', data: Array<string>(rows).fill('monthly') },
  { name: 'charges', shape: [rows, 1], datatype: 'FP32', data: Array<number>(rows).fill(90) },
];
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const versions = (name: string) => db.modelVersion.count({ where: { name } });

describe('an imported model', () => {
  it('is a version of its name, with what was found out about it', async () => {
    const file = churnModel();
    const fields = {
      name: 'found',
      description: 'who leaves',
      tags: { team: 'growth', 'a/b': 'ß' },
      example: customers(2),
    };
    const answer = await sendModel(app, file, fields);
    expect({ status: answer.status, location: answer.headers.location }).toEqual({
      status: 201,
      location: '/models/found/versions/1',
    });
    const version = parseAnswer(ModelVersion, answer);
    expect(version).toEqual({
      name: 'found',
      version: 1,
      model_type: 'ONNX',
      sha256: digest(file),
      size: file.length,
      signature: {
        inputs: [
          { name: 'charges', datatype: 'FP32', shape: [-1, 1] },
          { name: 'plan', datatype: 'BYTES', shape: [-1, 1] },
        ],
        outputs: [
          { name: 'label', datatype: 'BYTES', shape: [-1] },
          { name: 'probability', datatype: 'FP32', shape: [-1, 2] },
        ],
      },
      max_batch: 64,
      classes: { probability: ['No', 'Yes'] },
      opset: { 'ai.onnx': 18, 'ai.onnx.ml': 1 },
      producer: 'elsewhere 1.2',
      config_hash: digest(file),
      metrics: {},
      tags: { 'a/b': 'ß', team: 'growth' },
      description: 'who leaves',
      aliases: [],
      run_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      created_at: expect.any(Date) as Date,
      created_by: 'anonymous',
      updated_at: expect.any(Date) as Date,
      archived_at: null,
    });
    expect(parseAnswer(ModelVersion, await http.get('/models/found/versions/1'))).toEqual(version);
  });

  it('is stored as it was sent, with a manifest that says how it is served', async () => {
    const file = churnModel();
    await importModel(app, file, { name: 'stored', example: { inputs: customers(1) } });
    const row = await db.modelVersion.findUniqueOrThrow({
      where: { name_version: { name: 'stored', version: 1 } },
      include: { file: true, manifest_file: true },
    });
    const read = ({ bucket, key }: { bucket: string; key: string }) =>
      readObject(store, bucket, key, 100_000);
    expect(Buffer.from(file).equals(await read(row.file))).toBe(true);
    expect(row.file.key).toBe(`sha256/${digest(file).slice(0, 2)}/${digest(file)}`);
    const manifest = ImportedManifest.parse(JSON.parse((await read(row.manifest_file)).toString('utf8')));
    expect(manifest).toMatchObject({
      identifier: 'stored',
      max_batch: 64,
      example: customers(1),
      sha256: digest(file),
    });
  });

  it('has a tracked run of its own, with its files', async () => {
    const { run_id } = await importModel(app, churnModel(), { name: 'tracked', tags: { team: 'growth' } });
    const run = await db.trackedRun.findUniqueOrThrow({
      where: { run_id: run_id ?? '' },
      include: { experiment: true, params: true, tags: true, files: true },
    });
    expect(run).toMatchObject({ name: 'import', status: 'FINISHED', experiment: { name: 'import/tracked' } });
    expect(run.end_time).not.toBeNull();
    const values = (rows: { key: string; value: string }[]) =>
      Object.fromEntries(rows.map(({ key, value }) => [key, value]));
    expect(values(run.params)).toEqual({
      model_type: 'ONNX',
      opset: '{"ai.onnx":18,"ai.onnx.ml":1}',
      producer: 'elsewhere 1.2',
      size: String(churnModel().length),
    });
    expect(values(run.tags)).toMatchObject({ team: 'growth', 'mlflow.source.name': 'churn.onnx' });
    await writeProjections({ db, store, onError: (error) => expect.fail(String(error)) });
    const key = trackedFileKey(run.experiment_id, run.run_id, 'ONNX/model.onnx');
    expect(await readObject(store, buckets.mlflow, key, 100_000)).toEqual(Buffer.from(churnModel()));
    // What a version refers to is no waste, however old.
    await db.artifact.updateMany({ data: { created_at: new Date(0) } });
    expect(await sweepArtifacts(db, store)).toBe(0);
  });

  it('may come with its fields first, or after its file', async () => {
    for (const fileFirst of [true, false]) {
      const version = await importModel(app, churnModel(), { name: 'order', max_batch: 5 }, { fileFirst });
      expect(version.max_batch).toBe(5);
    }
  });

  it('answers over the inference protocol, batched with others, after its example has run', async () => {
    await importModel(app, churnModel(), { name: 'served', example: customers(3) });
    const ask = (rows: number) =>
      http.post('/v2/models/served/versions/1/infer').send({ inputs: customers(rows) });
    const answers = await Promise.all([ask(1), ask(2), ask(1)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const outputs = z.object({
      outputs: z.array(z.object({ name: z.string(), data: z.array(z.unknown()) })),
    });
    const [first] = outputs.parse(answers[0]?.body).outputs;
    expect(first).toMatchObject({ name: 'label', data: ['Yes'] });
  });

  it('is not served when it no longer runs its example', async () => {
    await importModel(app, churnModel(), { name: 'broken' });
    const row = await db.modelVersion.findUniqueOrThrow({
      where: { name_version: { name: 'broken', version: 1 } },
      include: { manifest_file: true },
    });
    const { bucket, key, size } = row.manifest_file;
    const manifest = ImportedManifest.parse(
      JSON.parse((await readObject(store, bucket, key, Number(size))).toString('utf8')),
    );
    const other = Buffer.from(JSON.stringify({ ...manifest, example: customers(1).slice(1) }));
    const file = await putByDigest(store, buckets.artifacts, other, 'application/json');
    await db.artifact.create({ data: { ...file, media_type: 'application/json' } });
    await forgeManifest(db, { name: 'broken', version: 1 }, file.sha256);
    const answer = await http.post('/v2/models/broken/versions/1/infer').send({ inputs: customers(1) });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('does not run its example');
  });
});

describe('a version of a model that the path names', () => {
  const path = '/models/by-path/versions';

  it('is imported as any other', async () => {
    const answer = await sendModel(
      app,
      churnModel(),
      { name: undefined, tags: { team: 'growth' } },
      { path },
    );
    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.location).toBe('/models/by-path/versions/1');
    const version = parseAnswer(ModelVersion, answer);
    expect(version).toMatchObject({ name: 'by-path', version: 1, tags: { team: 'growth' } });
    expect(parseAnswer(ModelVersion, await http.get(answer.headers.location!))).toEqual(version);
  });

  it('is refused when the form names one as well, or the path names none', async () => {
    const twice = await sendModel(app, churnModel(), { name: 'other' }, { path });
    expect([twice.status, twice.text]).toEqual([400, expect.stringContaining('name')]);
    const none = await sendModel(app, churnModel(), { name: undefined }, { path: '/models/-/versions' });
    expect(none.status).toBe(400);
    expect(await versions('by-path')).toBe(1);
  });
});

describe('a model that cannot be imported', () => {
  it.each([
    ['is empty', new Uint8Array(), 'is empty'],
    ['is cut off', churnModel().subarray(0, 600), 'is cut off'],
    ['is a text', Buffer.from('time,down\n'), 'no ONNX model'],
    [
      'has values in another file',
      identityModel({
        initializer: [{ name: 'w', dataType: elementType.float, dims: [1], dataLocation: location.EXTERNAL }],
      }),
      'in another file',
    ],
  ])('is refused when it %s, and leaves nothing', async (_, file, why) => {
    const before = await db.artifact.count();
    const { detail } = expectProblem(await sendModel(app, file, { name: 'refused' }), 422, 'unprocessable');
    expect(detail).toContain(why);
    expect(await versions('refused')).toBe(0);
    expect(await db.artifact.count()).toBe(before);
  });

  it('ends its own process and not the gateway when its example takes ten gigabytes', async () => {
    const example = [{ name: 'x', shape: [1, 1], datatype: 'INT64', data: [2_500_000_000] }];
    expectProblem(await sendModel(app, greedyModel(), { name: 'bomb', example }), 422, 'unprocessable');
    expect((await http.get('/health/live')).status).toBe(200);
    expect(await versions('bomb')).toBe(0);
  });
});

describe('a form that is not right', () => {
  const file = churnModel();

  it.each([
    ['no file', null, {}, 'file', 'is missing'],
    ['no name', file, { name: undefined }, 'name', 'expected string'],
    ['a name that is none', file, { name: '../etc' }, 'name', 'must be 1 to 100 letters'],
    ['tags that are no JSON', file, { tags: '{' }, 'tags', 'must be JSON'],
    ['a tag that is no text', file, { tags: '{"a": 1}' }, 'tags.a', 'expected string'],
    ['a tag with a zero', file, { tags: { a: 'b\0' } }, 'tags.a', 'zero character'],
    ['too large a batch', file, { max_batch: 1_025 }, 'max_batch', '<=1024'],
    ['half a batch', file, { max_batch: '1.5' }, 'max_batch', 'must be a whole number'],
    ['an example that is none', file, { example: 7 }, 'example', 'expected array'],
    [
      'a tensor without data',
      file,
      { example: [{ name: 'x', shape: [1], datatype: 'FP32' }] },
      'example.0.data',
      '',
    ],
    ['a field that nobody knows', file, { color: 'red' }, '', 'Unrecognized key: "color"'],
  ])('is refused for %s', async (_, sent, fields, path, message) => {
    const { errors } = expectProblem(await sendModel(app, sent, fields), 400, 'invalid_request');
    expect(errors).toEqual([{ path, message: expect.stringContaining(message) as string }]);
  });

  it('is refused when it is none', async () => {
    expectProblem(await http.post('/models/import').send({ name: 'x' }), 400, 'invalid_request');
    for (const body of [
      '',
      '--x',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
    ]) {
      const answer = await http
        .post('/models/import')
        .set('content-type', 'multipart/form-data; boundary=x')
        .send(body);
      expectProblem(answer, 400, 'invalid_request');
    }
    const unbounded = await http.post('/models/import').set('content-type', 'multipart/form-data').send('x');
    expectProblem(unbounded, 400, 'invalid_request');
  });

  it('is not taken where none is asked for', async () => {
    const answer = await http.post('/pipeline-runs').field('pipeline', 'selftest');
    expectProblem(answer, 415);
    expectProblem(await http.post('/nowhere').field('a', 'b'), 404);
  });

  it('may call its file anything', async () => {
    for (const filename of ['../../etc/passwd', 'ß\u0001.onnx', 'a'.repeat(400)]) {
      const { run_id } = await importModel(app, file, { name: 'called' }, { filename });
      const tag = await db.runTag.findUniqueOrThrow({
        where: { run_id_key: { run_id: run_id ?? '', key: 'mlflow.source.name' } },
      });
      expect(tag.value.length).toBeLessThanOrEqual(200);
      expect(tag.value).not.toMatch(/[\p{C}/]/u);
    }
  });
});

describe('under an Idempotency-Key', () => {
  it('a model is imported once, and a second sending gets the first answer', async () => {
    const key = randomUUID();
    const first = await sendModel(app, churnModel(), { name: 'once' }, { key });
    const again = await sendModel(app, churnModel(), { name: 'once' }, { key, fileFirst: false });
    expect(again.text).toBe(first.text);
    expect(again.headers).toMatchObject({
      'idempotency-replayed': 'true',
      location: '/models/once/versions/1',
    });
    expect(await versions('once')).toBe(1);
  });

  it('another file or another field is refused', async () => {
    const key = randomUUID();
    await sendModel(app, churnModel(), { name: 'odds' }, { key });
    const otherFile = churnModel({ labels: { strings: ['a', 'b'] } });
    expectProblem(await sendModel(app, otherFile, { name: 'odds' }, { key }), 422, 'unprocessable');
    expectProblem(
      await sendModel(app, churnModel(), { name: 'odds', max_batch: 2 }, { key }),
      422,
      'unprocessable',
    );
    expect(await versions('odds')).toBe(1);
  });

  it('sent twice at once it is one version', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      [1, 2, 3].map(() => sendModel(app, churnModel(), { name: 'at-once' }, { key })),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await versions('at-once')).toBe(1);
  });
});

describe('two imports of one name at once', () => {
  it('get two numbers', async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => importModel(app, churnModel(), { name: 'many' })));
    expect(new Set(made.map(({ version }) => version))).toEqual(new Set([1, 2, 3, 4]));
  });

  // Without the lock on the counter the second would count what the first has not committed yet as not there.
  it('wait for each other', async () => {
    const { sha256, size, signature, max_batch, classes, opset, producer } = await importModel(
      app,
      churnModel(),
      {
        name: 'raced',
      },
    );
    const artifact = await db.artifact.findUniqueOrThrow({ where: { sha256 } });
    const file = { bucket: artifact.bucket, key: artifact.key, sha256, size };
    const next: NewImport = {
      name: 'raced',
      model: file,
      manifest: file,
      facts: {
        signature: signature ?? { inputs: [], outputs: [] },
        max_batch: max_batch ?? 1,
        classes: classes ?? {},
        opset: opset ?? {},
        producer: producer ?? '',
      },
      description: null,
      tags: {},
      source: 'x',
    };
    const by = { name: 'tester', request_id: null };
    const first = await openTransaction(db, (tx) => register(tx, by, next));
    const second = inTransaction(db, (tx) => register(tx, by, next));
    await waiting(db, 1);
    await first.commit();
    expect(await second).toBe(3);
    expect(await versions('raced')).toBe(3);
  });
});
