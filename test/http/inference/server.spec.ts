import { expect, it } from 'vitest';
import { z } from 'zod';
import { ModelMetadata, RepositoryModel } from '../../../src/contracts/inference.js';
import { testApp } from '../../app.js';
import { importedModel } from '../../factories/imported-model.js';
import { identityModel, onnxModel } from '../../factories/onnx-model.js';
import { promoteModel } from '../../factories/promotion.js';
import { columnNames, servedModel } from '../../factories/served-model.js';
import { eventually } from '../../integration/eventually.js';
import { parseAnswer } from '../parse-answer.js';
import { expectError } from './expect-error.js';

const { http, db, store } = await testApp();
const index = async (body?: object) =>
  parseAnswer(z.array(RepositoryModel), await http.post('/v2/repository/index').send(body));
const stateOf = async (name: string) => (await index()).find((model) => model.name === name);

it('says what it is', async () => {
  const { status, body } = await http.get('/v2');
  expect(status).toBe(200);
  expect(body).toEqual({
    name: 'trainyard',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    extensions: ['model_repository'],
  });
});

it('is alive and ready', async () => {
  expect((await http.get('/v2/health/live')).body).toEqual({ live: true });
  const { status, body } = await http.get('/v2/health/ready');
  expect({ status, body: body as unknown }).toEqual({ status: 200, body: { ready: true } });
});

it('describes an imported model: -1 is a free dimension', async () => {
  const bytes = onnxModel({
    inputs: { ids: ['INT64', ['n', 'length']], mask: ['BOOL', ['n', 4]] },
    outputs: { back: ['INT64', ['n', 'length']], inverse: ['BOOL', ['n', 4]] },
    nodes: [
      ['Identity', ['ids'], ['back']],
      ['Not', ['mask'], ['inverse']],
    ],
  });
  await importedModel(db, store, 'described', bytes);
  await promoteModel(db, await importedModel(db, store, 'described', bytes));
  const expected: ModelMetadata = {
    name: 'described',
    versions: ['1', '2'],
    platform: 'onnxruntime_onnx',
    inputs: [
      { name: 'ids', datatype: 'INT64', shape: [-1, -1] },
      { name: 'mask', datatype: 'BOOL', shape: [-1, 4] },
    ],
    outputs: [
      { name: 'back', datatype: 'INT64', shape: [-1, -1] },
      { name: 'inverse', datatype: 'BOOL', shape: [-1, 4] },
    ],
  };
  for (const path of ['/v2/models/described', '/v2/models/described/versions/1']) {
    const answer = await http.get(path);
    expect(answer.status).toBe(200);
    expect(parseAnswer(ModelMetadata, answer)).toEqual(expected);
    const ready = await http.get(`${path}/ready`);
    expect({ status: ready.status, body: ready.body as unknown }).toEqual({
      status: 200,
      body: { name: 'described', ready: true },
    });
  }
});

it('describes a model that a pipeline trained', async () => {
  const { manifest } = await servedModel(db, store, { identifier: 'trained' });
  const answer = parseAnswer(ModelMetadata, await http.get('/v2/models/trained'));
  expect(answer).toMatchObject({
    versions: ['1'],
    inputs: [
      { name: 'time', datatype: 'INT64', shape: [-1, manifest.rows] },
      { name: 'columns', datatype: 'FP64', shape: [-1, manifest.rows, columnNames.length] },
    ],
    outputs: [{ name: 'forecast', datatype: 'FP64', shape: [-1, 1, 1] }],
  });
});

it.each(['', '/ready', '/versions/1', '/versions/steady/ready'])(
  'does not find /v2/models/nobody%s',
  async (path) => {
    expect(expectError(await http.get(`/v2/models/nobody${path}`), 404)).toBe('there is no model nobody');
  },
);

it('loads and unloads when an operator says so', async () => {
  const name = 'loaded';
  const versions = [
    await importedModel(db, store, name, identityModel('FP32', ['n'])),
    await importedModel(db, store, name, identityModel('FP64', ['n'])),
  ];
  const post = (call: string, body?: object) => http.post(`/v2/repository/models/${name}/${call}`).send(body);
  expect(await stateOf(name)).toBeUndefined();
  expect(expectError(await post('load'), 404)).toContain('no version of model loaded is promoted');
  expect((await post('load', { parameters: { version: '1' } })).body).toEqual({
    name,
    version: '1',
    state: 'READY',
    reason: '',
  });
  expect(await stateOf(name)).toEqual({ name, version: '1', state: 'READY', reason: '' });
  await promoteModel(db, versions[1]!);
  expect((await post('load', {})).body).toMatchObject({ version: '2', state: 'READY' });
  expect((await index()).filter((model) => model.name === name)).toHaveLength(2);

  const alias = await post('unload', { parameters: { version: 'champion' } });
  expect(alias.body).toEqual({ name, state: 'UNAVAILABLE', reason: 'unloaded' });
  await eventually('version 2 is gone', async () => (await stateOf(name))?.version === '1');
  expect((await post('unload')).status).toBe(200);
  await eventually('all are gone', async () => (await stateOf(name)) === undefined);
  // The next request loads it again.
  expect((await http.get(`/v2/models/${name}/ready`)).status).toBe(200);
  expect((await stateOf(name))?.version).toBe('2');
});

it('shows why a model could not be loaded, and leaves it out of what is ready', async () => {
  const name = 'damaged';
  const { model_sha256 } = await importedModel(db, store, name, identityModel('INT8', ['n']));
  const { bucket, key } = await db.artifact.findUniqueOrThrow({ where: { sha256: model_sha256 } });
  await store.put(bucket, key, Buffer.from('not a model'));
  const answer = await http.post(`/v2/repository/models/${name}/load`).send({ parameters: { version: '1' } });
  expect(expectError(answer, 503)).toContain('version 1 of damaged cannot be loaded');
  expect(await stateOf(name)).toMatchObject({
    version: '1',
    state: 'UNAVAILABLE',
    reason: expect.stringContaining('cannot be loaded') as string,
  });
  const ready = await index({ ready: true });
  expect(ready.map((model) => model.name)).not.toContain(name);
  expect(new Set(ready.map(({ state }) => state))).toEqual(new Set(['READY']));
});

it.each([
  ['/v2/repository/index', { ready: 'yes' }],
  ['/v2/repository/models/loaded/load', { parameters: { version: 3 } }],
  ['/v2/repository/models/loaded/unload', { parameters: { version: '' } }],
  ['/v2/repository/models/loaded/load', [1]],
])('refuses what is asked of %s with %j', async (path, body) => {
  expectError(await http.post(path).send(body), 400);
});

it.each([undefined, '7', 'nobody'])(
  'neither loads nor unloads version %s where there is none',
  async (version) => {
    for (const call of ['load', 'unload']) {
      const unknown = await http
        .post(`/v2/repository/models/unknown/${call}`)
        .send({ parameters: { version } });
      expect(expectError(unknown, 404)).toBe('there is no model unknown');
      if (version === undefined) continue;
      const known = await http
        .post(`/v2/repository/models/described/${call}`)
        .send({ parameters: { version } });
      expect(expectError(known, 404)).toContain(`model described has no version ${version}`);
    }
  },
);
