import { describe, expect, it } from 'vitest';
import { ForecastingParameters } from '../../../src/contracts/forecasting-parameters.js';
import { buckets } from '../../../src/contracts/object-keys.js';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { claimStep, claimUncached } from '../../../src/engine/claim-step.js';
import { deleteRun } from '../../../src/engine/delete-run.js';
import { finishStep } from '../../../src/engine/finish-step.js';
import { archiveVersion } from '../../../src/engine/registry/archive-version.js';
import { deleteModel } from '../../../src/engine/registry/delete-model.js';
import { deleteVersion } from '../../../src/engine/registry/delete-version.js';
import { artifactsOf } from '../../../src/engine/step-artifacts.js';
import { StepCache } from '../../../src/engine/step-cache.js';
import { testDatabase } from '../../database.js';
import { leaseMs } from '../../factories/attempt.js';
import { caller } from '../../factories/caller.js';
import { newRun, type TestRun } from '../../factories/run.js';
import { artifactRef, preprocessResult, trainResult } from '../../factories/step-results.js';
import { openTransaction } from '../../open-transaction.js';
import { temporaryStore } from '../../temporary-store.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();
const store = await temporaryStore();
const cache = new StepCache(db, store, 'build 1');
await store.put(buckets.dataset, 'series.csv', Buffer.from('series'));

const parametersOf = (given: object) =>
  ForecastingParameters.parse({ dataset_name: 'series', train_file: 'series.csv', ...given });

interface Asked {
  /** The step, as its worker meets it before it claims it; `preprocess` without a name. */
  ask(using?: StepCache, step?: string): Promise<Awaited<ReturnType<StepCache['ask']>>>;
  /** What a worker does with a job. */
  work(step: string, using?: StepCache): Promise<'reused' | 'ran'>;
}

/** Stores what `artifactRef` names, so that the bytes of a made-up result are there. */
async function storeBytes(...contents: string[]): Promise<void> {
  for (const content of contents) {
    const { bucket, key } = artifactRef(content);
    await store.put(bucket, key, Buffer.from(content));
  }
}

async function workedRun(identifier: string, given: object = {}): Promise<TestRun & Asked> {
  const run = await newRun(db, { identifier, parameters: parametersOf(given) });
  const refOf = async (step: string) => ({ run_id: run.id, step, attempt: (await run.step(step)).attempt });
  const askFor = async (step: string, using: StepCache) => {
    const first = await claimUncached(db, await refOf(step), 'worker', leaseMs);
    if (!first || 'lease' in first) throw new Error(`${step} was not asked for`);
    return using.ask(first.plan, first.context);
  };
  return {
    ...run,
    ask: (using = cache, step = 'preprocess') => askFor(step, using),
    async work(step, using = cache) {
      const ref = await refOf(step);
      const answer = await askFor(step, using);
      if (answer?.found && (await using.reuse(ref, answer.entry, answer.found, 'worker'))) return 'reused';
      const claimed = await claimStep(db, ref, 'worker', leaseMs, undefined, answer?.entry);
      if (!claimed) throw new Error(`${step} cannot be claimed`);
      const { plan, context, lease, trackedRun } = claimed;
      const input = await plan.input(context);
      if (plan.type === 'preprocess') {
        await storeBytes('train rows', 'test rows', 'processed train rows', 'processed test rows', 'meta');
        const result = preprocessResult();
        const completion = { type: plan.type, input, result };
        await finishStep(db, lease, { outcome: 'SUCCEEDED', completion, trackedRun });
      } else {
        const name = trackedRun!.run_id;
        await storeBytes(`model of ${name}`, `manifest of ${name}`);
        const completion = { type: plan.type, input, result: trainResult(name) };
        await finishStep(db, lease, { outcome: 'SUCCEEDED', completion, trackedRun });
      }
      return 'ran';
    },
  };
}

const outcomeOf = async (run: Asked, using?: StepCache) => (await run.ask(using))?.entry.record.outcome;

describe('a step whose determinants an earlier run had', () => {
  it('is reused: it names the run, has its outputs and no attempt, and frees what waits for it', async () => {
    const first = await workedRun('same');
    expect([await first.work('preprocess'), await first.work('train_gru')]).toEqual(['ran', 'ran']);
    const second = await workedRun('same');
    expect(await second.work('preprocess')).toBe('reused');
    expect(await second.states()).toMatchObject({ run: 'RUNNING', train_gru: 'QUEUED', evaluate: 'PENDING' });
    expect(await second.work('train_gru')).toBe('reused');
    for (const name of ['preprocess', 'train_gru']) {
      const [was, is] = [await first.step(name), await second.step(name)];
      expect(is).toMatchObject({
        state: 'SUCCEEDED',
        cached_from_run_id: first.id,
        cache_key: was.cache_key,
      });
      expect(is.outputs).toEqual(was.outputs);
    }
    expect(await db.attempt.count({ where: { run_id: second.id } })).toBe(0);
    expect(await db.modelVersion.count({ where: { name: 'same' } })).toBe(1);
    const { outputs } = await second.step('preprocess');
    const refers = await db.runArtifact.findMany({ where: { run_id: second.id } });
    const digests = artifactsOf('preprocess', outputs).map(({ sha256 }) => sha256);
    expect(refers.map(({ sha256 }) => sha256)).toEqual(expect.arrayContaining(digests));
  });

  it('names the run that did the work, not one that reused it', async () => {
    const [first, second, third] = [
      await workedRun('chain'),
      await workedRun('chain'),
      await workedRun('chain'),
    ];
    for (const run of [first, second, third]) await run.work('preprocess');
    expect((await third.step('preprocess')).cached_from_run_id).toBe(first.id);
  });

  it('runs when anything that decides its result is another', async () => {
    await (await workedRun('changed')).work('preprocess');
    expect(await outcomeOf(await workedRun('changed'))).toBe('reused');
    expect(await outcomeOf(await workedRun('changed', { scaler: 'StandardScaler' }))).toBe('none');
    expect(await outcomeOf(await workedRun('elsewhere'))).toBe('none');
    expect(await outcomeOf(await workedRun('changed'), new StepCache(db, store, 'build 2'))).toBe('none');
    // A parameter that preprocess does not read changes nothing for it.
    expect(await outcomeOf(await workedRun('changed', { epochs: 3 }))).toBe('reused');
  });

  it('runs when the earlier step trained another net', async () => {
    const run = await workedRun('nets');
    expect([await run.work('preprocess'), await run.work('train_gru')]).toEqual(['ran', 'ran']);
    expect(await run.work('train_lstm')).toBe('ran');
  });

  it('runs when the file has other bytes under the same name', async () => {
    await store.put(buckets.dataset, 'moving.csv', Buffer.from('series'));
    const settings = { train_file: 'moving.csv' };
    await (await workedRun('moving', settings)).work('preprocess');
    expect(await outcomeOf(await workedRun('moving', settings))).toBe('reused');
    await store.put(buckets.dataset, 'moving.csv', Buffer.from('series and more'));
    expect(await outcomeOf(await workedRun('moving', settings))).toBe('none');
  });

  it('runs when it is told to', async () => {
    await (await workedRun('forced')).work('preprocess');
    const answer = await (await workedRun('forced', { force_reprocess: true })).ask();
    expect(answer?.entry.record).toMatchObject({ outcome: 'off', note: 'force_reprocess is set' });
    expect(answer?.found).toBeUndefined();
  });
});

describe('bytes that are not what they were', () => {
  it.each([
    ['altered', 'is altered', Buffer.from('meta?')],
    ['of another length', 'is altered', Buffer.from('me')],
  ])('are a miss that says so: %s', async (what, message, bytes) => {
    const identifier = `damaged-${bytes.length}`;
    await (await workedRun(identifier)).work('preprocess');
    const { bucket, key } = artifactRef('meta');
    await store.put(bucket, key, bytes);
    const next = await workedRun(identifier);
    const answer = await next.ask();
    expect(answer?.entry.record.outcome, what).toBe('damaged');
    expect(answer?.entry.record.note).toContain(message);
    // It runs, which puts them right.
    expect(await next.work('preprocess')).toBe('ran');
    expect(await outcomeOf(await workedRun(identifier))).toBe('reused');
  });

  it('are a miss when they are gone', async () => {
    const first = await workedRun('gone');
    await first.work('preprocess');
    const outputs = preprocessResult({ meta: artifactRef('never stored') });
    await db.step.update({
      where: { run_id_name: { run_id: first.id, name: 'preprocess' } },
      data: { outputs },
    });
    const answer = await (await workedRun('gone')).ask();
    expect(answer?.entry.record).toMatchObject({
      outcome: 'damaged',
      note: expect.stringContaining('is gone'),
    });
  });

  it('leave the step to say that its file is missing', async () => {
    const answer = await (await workedRun('no-file', { train_file: 'nowhere.csv' })).ask();
    expect(answer?.entry).toMatchObject({ key: null, record: { outcome: 'unknown' } });
  });
});

describe('a training whose version went out of use', () => {
  const by = { name: 'tester', request_id: null };
  /** The version that a canceled run trained, and another run that is about to train the same. */
  async function trainedTwice(name: string) {
    const first = await workedRun(name);
    await first.work('preprocess');
    await first.work('train_gru');
    await cancelRun(db, first.id, caller('tester'));
    const second = await workedRun(name);
    await second.work('preprocess');
    const answer = await second.ask(cache, 'train_gru');
    const reuse = () =>
      cache.reuse({ run_id: second.id, step: 'train_gru', attempt: 1 }, answer!.entry, answer!.found!, 'w');
    return { second, reuse, leave: () => deleteVersion(db, by, { name, version: 1 }) };
  }

  it.each([
    ['archived', archiveVersion],
    ['deleted', deleteVersion],
  ])('because it was %s, is done again, and the new one is reused', async (name, leave) => {
    const { second } = await trainedTwice(name);
    await leave(db, by, { name, version: 1 });
    expect((await second.ask(cache, 'train_gru'))?.entry.record.outcome).toBe('none');
    expect(await second.work('train_gru')).toBe('ran');
    expect((await second.step('train_gru')).outputs).toMatchObject({ model_version: 2 });
    const third = await workedRun(name);
    await third.work('preprocess');
    expect(await third.work('train_gru')).toBe('reused');
    expect((await third.step('train_gru')).outputs).toMatchObject({ model_version: 2 });
  });

  it.each([
    ['archived', archiveVersion],
    ['deleted', deleteVersion],
  ])('between the question and the reuse, because it was %s, is not reused', async (how, leave) => {
    const name = `late-${how}`;
    const { second, reuse } = await trainedTwice(name);
    await leave(db, by, { name, version: 1 });
    expect(await reuse()).toBe(false);
    expect((await second.step('train_gru')).state).toBe('QUEUED');
  });

  it('is not deleted when a run reused it: the answer says which', async () => {
    const { second, reuse, leave } = await trainedTwice('counted-on');
    expect(await reuse()).toBe(true);
    await expect(leave()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`pipeline run ${second.id} reused its training`) as string,
    });
    await cancelRun(db, second.id, caller('tester'));
    await expect(leave()).rejects.toMatchObject({ code: 'conflict' });
    await deleteRun(db, second.id, caller('tester'));
    await leave();
    expect(await db.modelVersion.count({ where: { name: 'counted-on' } })).toBe(0);
  });

  // Without the lock on the version's row, the reference that is being written would not be seen by who deletes it.
  it('waits for a reuse that is being written, and is not deleted then', async () => {
    const { second, reuse, leave } = await trainedTwice('reusing');
    // Stops the reuse behind its locks, where it refers to what it reuses.
    const held = await openTransaction(
      db,
      (tx) => tx.$executeRaw`lock table run_artifacts in exclusive mode`,
    );
    const reusing = reuse();
    await waiting(db, 1);
    const leaving = leave().catch((error: unknown) => error);
    await waiting(db, 2);
    await held.commit();
    expect(await reusing).toBe(true);
    expect(await leaving).toMatchObject({ code: 'conflict' });
    expect(await second.step('train_gru')).toMatchObject({ state: 'SUCCEEDED' });
  });

  // Without the locks on its versions, a deletion of the model that saw no open run would not see one that came since.
  it('is not reused while its model is being deleted', async () => {
    const name = 'whole-model';
    const first = await workedRun(name);
    await first.work('preprocess');
    await first.work('train_gru');
    await cancelRun(db, first.id, caller('tester'));
    // Stops the deletion behind its questions.
    const held = await openTransaction(db, (tx) => tx.$executeRaw`lock table model_aliases in share mode`);
    const deleting = deleteModel(db, by, name);
    await waiting(db, 1);
    const run = await workedRun(name);
    await run.work('preprocess');
    const answer = await run.ask(cache, 'train_gru');
    const ref = { run_id: run.id, step: 'train_gru', attempt: 1 };
    const reusing = cache.reuse(ref, answer!.entry, answer!.found!, 'worker');
    await waiting(db, 2);
    await held.commit();
    await deleting;
    expect(await reusing).toBe(false);
    expect(await run.work('train_gru')).toBe('ran');
    expect((await run.step('train_gru')).outputs).toMatchObject({ model_version: 2 });
  });

  it('at once with a reuse, it is reused and stays, or goes and is trained anew', async () => {
    await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const name = `at-once-${i}`;
        const { reuse, leave } = await trainedTwice(name);
        const leaving = () =>
          leave().then(
            () => true,
            (error: unknown) => {
              expect(error).toMatchObject({ code: 'conflict' });
              return false;
            },
          );
        const [reused, left] = await (i % 2 === 0
          ? Promise.all([reuse(), leaving()])
          : Promise.all([leaving(), reuse()]).then(([gone, done]) => [done, gone] as const));
        expect(left).toBe(!reused);
        expect(await db.modelVersion.count({ where: { name } })).toBe(reused ? 1 : 0);
      }),
    );
  });
});

describe('races', () => {
  // Asked about the old file, the step reads the new one: its result must not stand for the old.
  it('forgets the key of a step that read another file than it was asked about', async () => {
    await store.put(buckets.dataset, 'swapped.csv', Buffer.from('another series'));
    const settings = { train_file: 'swapped.csv' };
    const run = await workedRun('swapped', settings);
    // `preprocessResult` says that it read `series`.
    expect(await run.work('preprocess')).toBe('ran');
    expect(await run.step('preprocess')).toMatchObject({ state: 'SUCCEEDED', cache_key: null });
    expect(await outcomeOf(await workedRun('swapped', settings))).toBe('none');
  });

  it('lets one of two workers with the same job reuse the step', async () => {
    await (await workedRun('twice')).work('preprocess');
    const run = await workedRun('twice');
    const answer = await run.ask();
    const ref = { run_id: run.id, step: 'preprocess', attempt: 1 };
    const results = await Promise.all(
      [1, 2, 3].map(() => cache.reuse(ref, answer!.entry, answer!.found!, 'worker')),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    expect((await run.history()).filter((change) => change === 'preprocess SUCCEEDED')).toHaveLength(1);
  });

  it('reuses nothing in a run that was canceled meanwhile', async () => {
    await (await workedRun('canceled')).work('preprocess');
    const run = await workedRun('canceled');
    const answer = await run.ask();
    await cancelRun(db, run.id, caller('tester'));
    const ref = { run_id: run.id, step: 'preprocess', attempt: 1 };
    expect(await cache.reuse(ref, answer!.entry, answer!.found!, 'worker')).toBe(false);
    expect(await run.states()).toMatchObject({ run: 'CANCELED', preprocess: 'CANCELED' });
  });

  it('reuses nothing whose bytes were given up meanwhile', async () => {
    const first = await workedRun('swept');
    await first.work('preprocess');
    const run = await workedRun('swept');
    const answer = await run.ask();
    const artifacts = [...answer!.found!.artifacts, artifactRef('swept in between')];
    const ref = { run_id: run.id, step: 'preprocess', attempt: 1 };
    expect(await cache.reuse(ref, answer!.entry, { ...answer!.found!, artifacts }, 'worker')).toBe(false);
    expect(await run.step('preprocess')).toMatchObject({ state: 'QUEUED', cached_from_run_id: null });
  });
});
