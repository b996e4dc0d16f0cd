import { describe, expect, it } from 'vitest';
import { testApp } from '../../app.js';
import { newSelftest } from '../../factories/run.js';
import { holdRun, openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';
import { expectProblem } from '../expect-problem.js';
import { changesOf } from './changes-of.js';

const app = await testApp();
const { http, db } = app;

const deadLetter = async () => {
  const run = await newSelftest(db);
  await run.fail('first');
  return { run, ...(await db.deadLetter.findFirstOrThrow({ where: { run_id: run.id } })) };
};
const actions = async (subject: string) => (await changesOf(app, { subject })).map(({ action }) => action);
const statuses = async (asked: Promise<number>[]) => (await Promise.all(asked)).toSorted((a, b) => a - b);

describe('a dead letter', () => {
  it('that is replayed is noted, and the retry of its run', async () => {
    const { id, run } = await deadLetter();
    await http.post(`/dead-letters/${id}/replay`).set('x-request-id', 'replay-1').expect(202);
    const { replayed_at } = await db.deadLetter.findUniqueOrThrow({ where: { id } });
    const changes = await changesOf(app, { request_id: 'replay-1' });
    expect(changes).toMatchObject([
      { action: 'run.retry', subject: `/pipeline-runs/${run.id}` },
      { action: 'dead_letter.replay' },
    ]);
    const about = { pipeline_run_id: run.id, step: 'first' };
    expect(changes[1]).toEqual({
      actor: 'anonymous',
      action: 'dead_letter.replay',
      subject: `/dead-letters/${id}`,
      before: { ...about, replayed_at: null },
      after: { ...about, replayed_at: replayed_at!.toISOString() },
      request_id: 'replay-1',
    });
    expectProblem(await http.post(`/dead-letters/${id}/replay`), 409, 'conflict');
    expect(await actions(`/dead-letters/${id}`)).toEqual(['dead_letter.replay']);
  });

  it('is replayed by one of several who ask at once', async () => {
    const { id, run } = await deadLetter();
    const held = await holdRun(db, run.id);
    const asked = [1, 2, 3].map(() => http.post(`/dead-letters/${id}/replay`).then(({ status }) => status));
    await waiting(db, 3);
    await held.commit();
    expect(await statuses(asked)).toEqual([202, 409, 409]);
    expect(await actions(`/dead-letters/${id}`)).toEqual(['dead_letter.replay']);
    expect(await actions(`/pipeline-runs/${run.id}`)).toEqual(['run.create', 'run.retry']);
  });

  // The letter is found, and then waited for: by its own lock the replay learns that it is gone.
  it('that is discarded while it is being replayed is not replayed', async () => {
    const { id, run } = await deadLetter();
    const discarding = await openTransaction(db, (tx) => tx.deadLetter.delete({ where: { id } }));
    const replaying = http.post(`/dead-letters/${id}/replay`).then((answer) => answer);
    await waiting(db, 1);
    await discarding.commit();
    expectProblem(await replaying, 404, 'not_found');
    expect(await actions(`/dead-letters/${id}`)).toEqual([]);
    expect((await run.row()).state).toBe('FAILED');
  });

  it('that is discarded is noted once with what it was about, however many discard it', async () => {
    const { id, run } = await deadLetter();
    const held = await openTransaction(
      db,
      (tx) => tx.$queryRaw`select 1 from dead_letters where id = ${id}::uuid for update`,
    );
    const asked = [1, 2, 3].map(() => http.delete(`/dead-letters/${id}`).then(({ status }) => status));
    await waiting(db, 3);
    await held.commit();
    expect(await statuses(asked)).toEqual([204, 404, 404]);
    expect(await changesOf(app, { subject: `/dead-letters/${id}` })).toMatchObject([
      {
        actor: 'anonymous',
        action: 'dead_letter.discard',
        before: {
          pipeline_run_id: run.id,
          step: 'first',
          attempt: 1,
          error: { permanent: true },
          replayed_at: null,
        },
        after: null,
      },
    ]);
    expect(await actions(`/pipeline-runs/${run.id}`)).toEqual(['run.create']);
  });
});
