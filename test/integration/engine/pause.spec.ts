import { beforeEach, describe, expect, it } from 'vitest';
import { dispatchForgotten, dispatchReleased, dispatchRun } from '../../../src/engine/dispatch.js';
import { pauseKinds, resumeKinds } from '../../../src/engine/paused-kinds.js';
import { testDatabase } from '../../database.js';
import { tryClaim } from '../../factories/attempt.js';
import { caller } from '../../factories/caller.js';
import { newRun, type TestRun } from '../../factories/run.js';
import { recordedQueues } from '../../recorded-queues.js';

const { db } = await testDatabase();
beforeEach(async () => {
  await db.pausedKind.deleteMany();
  await db.pipelineRun.deleteMany();
});

const pause = (...kinds: ('preprocess' | 'train')[]) => pauseKinds(db, kinds, caller('ada'), 'a reason');
const refOf = (run: TestRun, step: string) => ({ run_id: run.id, step, attempt: 1 });

describe('while a kind is paused', () => {
  it('no step of it is claimed, whoever has its job, and what runs goes on', async () => {
    const [waiting, running] = [await newRun(db), await newRun(db)];
    const attempt = await running.claim('preprocess');
    await dispatchRun(db, recordedQueues(), waiting.id);
    await pause('preprocess');
    expect(await tryClaim(db, refOf(waiting, 'preprocess'))).toBeUndefined();
    expect(await waiting.step('preprocess')).toMatchObject({
      state: 'QUEUED',
      attempt: 1,
      dispatched_at: null,
    });
    expect(await attempt.succeed()).toBe('done');
    expect(await tryClaim(db, refOf(running, 'train_gru'))).toBeDefined();
  });

  it('no step of it is handed to the queue', async () => {
    const run = await newRun(db);
    await pause('train');
    await run.succeed('preprocess');
    const queues = recordedQueues();
    await dispatchRun(db, queues, run.id);
    expect(await dispatchForgotten(db, queues)).toBe(0);
    expect(queues.jobs).toEqual([]);
  });

  it('pausing it again changes neither since when nor by whom', async () => {
    await pause('train');
    const [before] = await db.pausedKind.findMany();
    await pauseKinds(db, ['train', 'preprocess'], caller('bob'), null);
    expect(await db.pausedKind.findMany({ where: { kind: 'train' } })).toEqual([before]);
    expect(await db.pausedKind.count()).toBe(2);
  });
});

describe('when it is resumed', () => {
  it('its steps are handed over at once, and the others are not', async () => {
    const [trains, preprocesses] = [await newRun(db), await newRun(db)];
    await trains.succeed('preprocess');
    await pause('train', 'preprocess');
    await resumeKinds(db, ['train'], caller('ada'));
    const queues = recordedQueues();
    await dispatchReleased(db, queues, { kinds: ['train'] }, undefined);
    expect(queues.jobs.map(({ kind }) => kind)).toEqual(['train', 'train', 'train']);
    expect(await tryClaim(db, refOf(trains, 'train_gru'))).toBeDefined();
    expect(await tryClaim(db, refOf(preprocesses, 'preprocess'))).toBeUndefined();
  });

  // The race: a worker that saw the pause is refusing the job while the resume adds it, which does nothing as long as
  // the job exists. Were the resume noted, the step would wait ten seconds for the reconciler.
  it('a step whose job was refused at that moment is handed over again at the next turn', async () => {
    const run = await newRun(db);
    await dispatchRun(db, recordedQueues(), run.id);
    await pause('preprocess');
    await tryClaim(db, refOf(run, 'preprocess'));
    await resumeKinds(db, ['preprocess'], caller('ada'));
    await dispatchReleased(db, recordedQueues(), { kinds: ['preprocess'] }, undefined);
    const queues = recordedQueues();
    await dispatchForgotten(db, queues);
    expect(queues.jobs.map(({ payload }) => payload)).toEqual([refOf(run, 'preprocess')]);
    await dispatchForgotten(db, queues);
    expect(queues.jobs).toHaveLength(1);
  });

  it('a step is handed over although the queue has lost its job since', async () => {
    const run = await newRun(db);
    await dispatchRun(db, recordedQueues(), run.id);
    await pause('preprocess');
    await resumeKinds(db, ['preprocess'], caller('ada'));
    const queues = recordedQueues();
    await dispatchReleased(db, queues, { kinds: ['preprocess'] }, undefined);
    expect(queues.jobs).toMatchObject([{ payload: { run_id: run.id } }]);
  });
});
