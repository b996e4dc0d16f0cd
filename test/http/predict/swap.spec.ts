import { describe, expect, it } from 'vitest';
import { PredictAnswer } from '../../../src/contracts/predict.js';
import { testApp } from '../../app.js';
import { promoteModel } from '../../factories/promotion.js';
import { columnNames, hour, servedModel, storedModel } from '../../factories/served-model.js';
import { eventually } from '../../integration/eventually.js';
import { temporaryStore } from '../../temporary-store.js';
import { parseAnswer } from '../parse-answer.js';

const files = await temporaryStore();
/** What the reads of a model wait for, or fail with, by its digest. */
const beforeRead = new Map<string, () => Promise<void>>();
const { http, url, db, store } = await testApp({
  store: {
    ...files,
    async get(bucket, key, range) {
      await beforeRead.get(key.split('/').at(-1) ?? '')?.();
      return files.get(bucket, key, range);
    },
  },
});

const time = Array.from({ length: 4 }, (_, row) => new Date(Date.UTC(2024, 5, 1) + row * hour).toISOString());
const data = { time, ...Object.fromEntries(columnNames.map((name) => [name, [1, 2, 3, 4]])) };
const predict = async (route: object) => {
  const answer = await http.post('/predict').send({ ...route, data });
  expect(answer.status).toBe(200);
  const { identifier, model_version, predictions } = parseAnswer(PredictAnswer, answer);
  return { identifier, model_version, down: predictions[0]?.down };
};

it('fails no request while versions are swapped under load, and every answer is of the version it names', async () => {
  const identifier = 'busy';
  // Version n forecasts n, so that an answer of the wrong model shows itself.
  const models = [await servedModel(db, store, { identifier, always: 1 })];
  for (let version = 2; version <= 11; version++)
    models.push(await storedModel(db, store, { identifier, always: version }));
  await predict({ identifier });

  const seen: { model_version: number; at: number }[] = [];
  const stopping = new AbortController();
  const body = JSON.stringify({ identifier, data });
  const client = async () => {
    while (!stopping.signal.aborted) {
      const response = await fetch(`${url}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const text = await response.text();
      expect({ status: response.status, text }).toMatchObject({ status: 200 });
      const { model_version, predictions } = parseAnswer(PredictAnswer, { text });
      expect(predictions[0]?.down).toBe(model_version);
      seen.push({ model_version, at: performance.now() });
    }
  };
  const clients = Promise.all(Array.from({ length: 8 }, client));
  const delays: number[] = [];
  try {
    for (const { version } of models.slice(1)) {
      await promoteModel(db, version);
      const promoted = performance.now();
      const first = await Promise.race([
        eventually(`version ${version.version} answers`, () =>
          seen.find(({ model_version }) => model_version === version.version),
        ),
        // A client that failed ends the wait with its reason.
        clients.then(() => undefined),
      ]);
      delays.push((first?.at ?? Infinity) - promoted);
    }
  } finally {
    stopping.abort();
    await clients;
  }
  expect(delays.filter(Number.isFinite)).toHaveLength(10);
  expect(seen.at(-1)?.model_version).toBe(11);
});

it('follows back to an older version', async () => {
  const identifier = 'back';
  const first = await servedModel(db, store, { identifier, always: 1 });
  expect(await predict({ identifier })).toMatchObject({ model_version: 1, down: 1 });
  await servedModel(db, store, { identifier, always: 2 });
  await eventually('the newer answers', async () => (await predict({ identifier })).down === 2);
  await promoteModel(db, first.version);
  await eventually('the older answers again', async () => (await predict({ identifier })).down === 1);
});

it('follows a promotion whose model could not be read at first', async () => {
  const identifier = 'unreadable';
  await servedModel(db, store, { identifier, always: 41 });
  expect((await predict({ identifier })).down).toBe(41);
  const newer = await storedModel(db, store, { identifier, always: 42 });
  let tries = 0;
  beforeRead.set(newer.version.model_sha256, () => {
    tries += 1;
    return tries > 1 ? Promise.resolve() : Promise.reject(new Error('the store is away'));
  });
  await promoteModel(db, newer.version);
  await eventually('it was tried', () => tries > 0);
  await eventually('the newer model answers', async () => (await predict({ identifier })).down === 42);
});

describe('without an identifier', () => {
  it('follows from one identifier to another, although both are at the same version', async () => {
    await servedModel(db, store, { identifier: 'left', always: 21 });
    expect(await predict({})).toEqual({ identifier: 'left', model_version: 1, down: 21 });
    await servedModel(db, store, { identifier: 'right', always: 22 });
    await eventually('the newest of all answers', async () => (await predict({})).identifier === 'right');
    expect(await predict({})).toEqual({ identifier: 'right', model_version: 1, down: 22 });
  });
});

it('follows a promotion that came while the model before it was still being loaded', async () => {
  const identifier = 'overtaken';
  const older = await servedModel(db, store, { identifier, always: 31 });
  const newer = await storedModel(db, store, { identifier, always: 32 });
  const witness = 'witness';
  await servedModel(db, store, { identifier: witness, always: 33 });
  await predict({ identifier: witness });

  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const reading = new Promise<void>((arrived) =>
    beforeRead.set(older.version.model_sha256, () => {
      arrived();
      return released;
    }),
  );
  const early = predict({ identifier });
  await reading;
  await promoteModel(db, newer.version);
  await servedModel(db, store, { identifier: witness, always: 34 });
  await eventually('what was promoted by now is known', async () => {
    return (await predict({ identifier: witness })).down === 34;
  });
  release();
  await early;
  await eventually('the newer model answers', async () => (await predict({ identifier })).down === 32);
});
