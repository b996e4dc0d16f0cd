import { beforeAll, describe, expect, it } from 'vitest';
import { importedManifest } from '../../test/factories/small-models.js';
import { storeTinyModel, tinyModel } from '../../test/factories/tiny-model.js';
import { temporaryStore } from '../../test/temporary-store.js';
import { AppError } from '../contracts/app-error.js';
import { buckets } from '../contracts/object-keys.js';
import { putByDigest } from '../platform/object-store/content-address.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { loadModel } from './loaded-model.js';

let store: ObjectStore;
beforeAll(async () => {
  store = await temporaryStore();
});

const missing = { bucket: buckets.artifacts, key: 'gone', sha256: '0'.repeat(64), size: 5 };
const storeText = (text: string) => putByDigest(store, buckets.artifacts, Buffer.from(text), 'text/plain');

describe('loading a model', () => {
  it('passes the gate of a model that answers its example', async () => {
    const refs = await storeTinyModel(store, { offset: 3 });
    const { gate, model } = await loadModel(store, refs);
    expect(gate).toEqual({
      name: 'runs_its_example',
      verdict: 'passed',
      inputs: { sha256: refs.model.sha256 },
      message: 'the model loads and runs its example',
    });
    expect(model?.manifest).toMatchObject({ sha256: refs.model.sha256, targets: ['down'] });
    await model?.session.release();
  });

  it.each([
    [
      'answers something else than its example',
      () => storeTinyModel(store, { offset: 3, bytes: tinyModel({ offset: 3.01 }) }),
      /answers 4.01 where its example has 4/,
    ],
    [
      'gives more numbers than its example',
      () => storeTinyModel(store, { bytes: tinyModel({ horizon: 2 }) }),
      /does not give the 1 numbers/,
    ],
    [
      'takes other columns than its example',
      () => storeTinyModel(store, { bytes: tinyModel({ columns: ['down'] }) }),
      /does not run its example/,
    ],
    [
      'is no model at all',
      () => storeTinyModel(store, { bytes: Buffer.from('not a model') }),
      /cannot be loaded/,
    ],
    ['is not there any more', async () => ({ ...(await storeTinyModel(store)), model: missing }), /gone/],
    [
      'has a manifest that is not there any more',
      async () => ({ ...(await storeTinyModel(store)), manifest: missing }),
      /gone/,
    ],
    [
      'was imported, and forecasts nothing',
      async () => ({
        ...(await storeTinyModel(store)),
        manifest: await storeText(JSON.stringify(importedManifest())),
      }),
      /was imported/,
    ],
    [
      'has a manifest of another form',
      async () => ({ ...(await storeTinyModel(store)), manifest: await storeText('{}') }),
      /model_type/,
    ],
    [
      'has a manifest that is no JSON',
      async () => ({ ...(await storeTinyModel(store)), manifest: await storeText('<xml>') }),
      /JSON/,
    ],
  ])('fails the gate of a model that %s', async (_, refs, message) => {
    const { gate, model } = await loadModel(store, await refs());
    expect(model).toBeUndefined();
    expect(gate).toMatchObject({ verdict: 'failed', message: expect.stringMatching(message) });
  });

  it('is strict on the scale of the data, however large its numbers are', async () => {
    const refs = await storeTinyModel(store, { offset: 1e9, bytes: tinyModel({ offset: 1e9 + 2_000 }) });
    expect((await loadModel(store, refs)).gate.verdict).toBe('failed');
  });

  it('says nothing of a model while the store cannot be reached', async () => {
    const refs = await storeTinyModel(store);
    const away = { ...store, get: () => Promise.reject(new AppError('unavailable', 'no answer')) };
    await expect(loadModel(away, refs)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
