import { expect, it, vi } from 'vitest';
import { AppError } from '../../../src/contracts/app-error.js';
import type { ServedModel } from '../../../src/contracts/served-model.js';
import { modelMemory } from '../../../src/features/serving/model-memory.js';
import { type Loaded, SessionCache } from '../../../src/features/serving/session-cache.js';
import { createGatewayMetrics } from '../../../src/platform/metrics/gateway-metrics.js';
import { ServedSession } from '../../../src/platform/onnx/served-session.js';
import { threadHost } from '../../../src/platform/onnx/thread-host.js';
import { importedManifest, nextModel } from '../../factories/small-models.js';

const MiB = 1_048_576;
// Threads are started, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });
const soon = { timeout: 20_000 };

const model = (identifier: string, model_version = 1, size = MiB): ServedModel => ({
  identifier,
  model_version,
  model_type: 'GRU',
  run_id: 'tracked',
  config_hash: 'c0ffee',
  model: { bucket: 'artifacts', key: 'model', sha256: '0', size },
  manifest: { bucket: 'artifacts', key: 'manifest', sha256: '0', size: 1 },
});

const { serving } = createGatewayMetrics();

async function loadReally(served: ServedModel): Promise<Loaded> {
  const manifest = importedManifest();
  const meter = serving.meter(served.identifier, served.model_version);
  const session = await ServedSession.load(threadHost({ model: nextModel(), manifest }), {
    maxRows: 8,
    observer: meter,
  });
  return { served, manifest, session, meter };
}

/** A cache with room for so many models of one MiB, and what it did. */
function cacheFor(models: number, load: (served: ServedModel) => Promise<Loaded> = loadReally) {
  const [loads, unloads]: [string[], string[]] = [[], []];
  const nameOf = ({ identifier, model_version }: ServedModel) => `${identifier}${model_version}`;
  const cache = new SessionCache({
    load: (served) => {
      loads.push(nameOf(served));
      return load(served);
    },
    memoryBytes: models * modelMemory(model('x')),
    onUnload: (served) => unloads.push(nameOf(served)),
    onError: () => {},
  });
  const use = async (served: ServedModel, work: (loaded: Loaded) => Promise<unknown> = async () => {}) =>
    cache.use(served, Infinity, work);
  return { cache, loads, unloads, use };
}

it('loads a model once for all who ask, and keeps it', async () => {
  const { cache, loads, use } = cacheFor(2);
  await Promise.all(Array.from({ length: 10 }, () => use(model('a'))));
  await use(model('a'));
  expect(loads).toEqual(['a1']);
  await cache.close();
});

it('unloads the model that was longest not used when another one needs its memory', async () => {
  const { cache, loads, unloads, use } = cacheFor(2);
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await use(model(name));
  expect({ loads, unloads }).toEqual({ loads: ['a1', 'b1', 'c1', 'b1'], unloads: ['b1', 'c1'] });
  await cache.close();
});

it('lets a model that must go finish what uses it', async () => {
  const { cache, unloads, use } = cacheFor(1);
  let release = () => {};
  const used = use(model('a'), ({ session }) => {
    const request = { inputs: [{ shape: [1, 2], data: Float64Array.of(1, 2) }], rows: 1, deadline: Infinity };
    return new Promise<void>((resolve) => (release = resolve)).then(() => session.run(request));
  });
  await expect.poll(() => cache.statuses()[0]?.state, soon).toBe('READY');
  await use(model('b'));
  expect(unloads).toEqual([]);
  release();
  expect(await used).toMatchObject([{ data: Float64Array.of(2, 3) }]);
  await expect.poll(() => unloads, soon).toEqual(['a1']);
  await cache.close();
});

it('keeps a version that serves until its successor is loaded, though both have no room together', async () => {
  const { cache, unloads, use } = cacheFor(1);
  await use(model('a', 1));
  await cache.load(model('a', 2), Infinity, model('a', 1));
  expect(unloads).toEqual([]);
  cache.retain(({ model_version }) => model_version === 2);
  await expect.poll(() => unloads, soon).toEqual(['a1']);
  await cache.close();
});

it('refuses a model that can never have room, and says how much it needs', async () => {
  const { cache, loads, use } = cacheFor(2);
  await expect(use(model('a', 1, 100 * MiB))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/needs about 216 MiB of 36 MiB for all models/) as string,
  });
  expect(loads).toEqual([]);
  await cache.close();
});

it('shows why a model could not be loaded, and does not try again for each of many requests', async () => {
  let works = false;
  const { cache, loads, use } = cacheFor(1, (served) =>
    works ? loadReally(served) : Promise.reject(new AppError('invalid_data', 'damaged')),
  );
  for (let i = 0; i < 5; i++) {
    await expect(use(model('a'))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'version 1 of a cannot be loaded: damaged',
    });
  }
  expect(loads).toEqual(['a1']);
  expect(cache.statuses()).toMatchObject([
    { state: 'UNAVAILABLE', reason: expect.stringContaining('damaged') as string },
  ]);
  works = true;
  await expect
    .poll(
      () =>
        use(model('a')).then(
          () => 'used',
          () => 'refused',
        ),
      soon,
    )
    .toBe('used');
  expect(cache.statuses()).toMatchObject([{ state: 'READY' }]);
  await cache.close();
});

it('does not let a caller wait for a load beyond its deadline', async () => {
  let finish = () => {};
  const { cache, use } = cacheFor(1, async (served) => {
    await new Promise<void>((resolve) => (finish = resolve));
    return loadReally(served);
  });
  const patient = use(model('a'));
  await expect(cache.use(model('a'), performance.now() + 20, async () => {})).rejects.toMatchObject({
    code: 'unavailable',
    message: 'version 1 of a is being loaded',
  });
  expect(cache.statuses()).toMatchObject([{ state: 'LOADING' }]);
  finish();
  await patient;
  await cache.close();
});
