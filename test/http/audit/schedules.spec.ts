import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PipelineRun } from '../../../src/contracts/pipeline-run.js';
import { Schedule } from '../../../src/contracts/schedule.js';
import { SelftestParameters } from '../../../src/contracts/selftest-parameters.js';
import { fireDueSchedules } from '../../../src/engine/schedules/scheduler.js';
import { testApp } from '../../app.js';
import { dueSchedule, makeDue, schedulerDeps } from '../../factories/schedule.js';
import { openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { changesOf } from './changes-of.js';

const app = await testApp();
const { http, db } = app;
const deps = schedulerDeps(db);

const parameters = SelftestParameters.parse({});
const settings = {
  pipeline: 'selftest',
  parameters,
  cron: '30 2 * * *',
  interval_seconds: null,
  time_zone: 'Europe/Madrid',
  overlap: 'skip',
  enabled: true,
  priority: 0,
};
const create = async (name: string, values: object = {}) =>
  parseAnswer(
    Schedule,
    await http
      .post('/schedules')
      .send({ name, pipeline: 'selftest', cron: '30 2 * * *', time_zone: 'Europe/Madrid', ...values })
      .expect(201),
  );
const about = ({ id }: { id: string }) => changesOf(app, { subject: `/schedules/${id}` });
const actions = async (schedule: { id: string }) => (await about(schedule)).map(({ action }) => action);
const patch = ({ id }: { id: string }, body: object) => http.patch(`/schedules/${id}`).send(body);
const runsOf = (actor: string) => changesOf(app, { actor });

describe('a schedule', () => {
  it('that is created is noted with its settings, once under one Idempotency-Key', async () => {
    const key = randomUUID();
    const send = () =>
      http
        .post('/schedules')
        .set({ 'idempotency-key': key, 'x-request-id': 'create-1' })
        .send({ name: 'nightly', pipeline: 'selftest', cron: '30 2 * * *', time_zone: 'Europe/Madrid' });
    const schedule = parseAnswer(Schedule, await send().expect(201));
    expect(parseAnswer(Schedule, await send().expect(201)).id).toBe(schedule.id);
    expect(await about(schedule)).toEqual([
      {
        actor: 'anonymous',
        action: 'schedule.create',
        subject: `/schedules/${schedule.id}`,
        before: null,
        after: { name: 'nightly', ...settings },
        request_id: 'create-1',
      },
    ]);
    expectProblem(await http.post('/schedules').send({ ...settings, name: 'nightly' }), 409, 'conflict');
    expect(await changesOf(app, { action: 'schedule.create' })).toHaveLength(1);
  });

  it('that is changed is noted with the settings that are different', async () => {
    const schedule = await create('changed');
    await patch(schedule, { interval_seconds: 60, overlap: 'queue', time_zone: 'Europe/Madrid' })
      .set('x-request-id', 'patch-1')
      .expect(200);
    expect((await about(schedule)).at(-1)).toEqual({
      actor: 'anonymous',
      action: 'schedule.update',
      subject: `/schedules/${schedule.id}`,
      before: { cron: '30 2 * * *', interval_seconds: null, overlap: 'skip' },
      after: { cron: null, interval_seconds: 60, overlap: 'queue' },
      request_id: 'patch-1',
    });
  });

  it('that is patched to what it is already is not noted', async () => {
    const schedule = await create('unchanged');
    for (const body of [{}, { enabled: true }, { parameters: {} }, { ...settings, name: 'unchanged' }])
      await patch(schedule, body).expect(200);
    expectProblem(await patch(schedule, { cron: null }), 400, 'invalid_request');
    expect(await actions(schedule)).toEqual(['schedule.create']);
  });

  it('that is deleted is noted once, however many delete it at once', async () => {
    const schedule = await create('deleted');
    const held = await openTransaction(
      db,
      (tx) => tx.$queryRaw`select 1 from schedules where id = ${schedule.id}::uuid for update`,
    );
    const asked = [1, 2, 3].map(() => http.delete(`/schedules/${schedule.id}`).then(({ status }) => status));
    await waiting(db, 3);
    await held.commit();
    expect((await Promise.all(asked)).toSorted((a, b) => a - b)).toEqual([204, 404, 404]);
    expect(await actions(schedule)).toEqual(['schedule.create', 'schedule.delete']);
    expect((await about(schedule)).at(-1)).toMatchObject({
      before: { name: 'deleted', ...settings },
      after: null,
    });
  });

  it('that has no next time any more is disabled by itself', async () => {
    const schedule = await dueSchedule(db, { cron: '0 0 31 2 *', interval_seconds: null, name: 'never' });
    await fireDueSchedules(deps);
    expect(await about(schedule)).toEqual([
      {
        actor: 'schedule never',
        action: 'schedule.update',
        subject: `/schedules/${schedule.id}`,
        before: { enabled: true },
        after: { enabled: false, error: expect.stringContaining('0 0 31 2 *') },
        request_id: null,
      },
    ]);
  });
});

describe('a run of a schedule', () => {
  it('is created by it, in no request', async () => {
    const schedule = await dueSchedule(db, { name: 'hourly' });
    await fireDueSchedules(deps);
    expect(await runsOf('schedule hourly')).toMatchObject([
      { action: 'run.create', before: null, after: { schedule_id: schedule.id }, request_id: null },
    ]);
    expect(await about(schedule)).toEqual([]);
  });

  it('that is triggered is created by whoever asks', async () => {
    const schedule = await create('triggered');
    const answer = await http
      .post(`/schedules/${schedule.id}/trigger`)
      .set('x-request-id', 'trigger-1')
      .expect(202);
    const { id } = parseAnswer(PipelineRun, answer);
    expect(await changesOf(app, { request_id: 'trigger-1' })).toMatchObject([
      {
        actor: 'anonymous',
        action: 'run.create',
        subject: `/pipeline-runs/${id}`,
        after: { schedule_id: schedule.id, parameters },
      },
    ]);
  });

  it('that takes the place of another one cancels it', async () => {
    const schedule = await dueSchedule(db, { name: 'replacing', overlap: 'replace' });
    await fireDueSchedules(deps);
    await makeDue(db, schedule);
    await fireDueSchedules(deps);
    const changes = await runsOf('schedule replacing');
    expect(changes.map(({ action }) => action)).toEqual(['run.create', 'run.cancel', 'run.create']);
    expect(changes[1]).toMatchObject({
      subject: changes[0]!.subject,
      before: { state: 'PENDING' },
      after: { state: 'CANCELED', reason: 'replaced by a newer run of its schedule' },
      request_id: null,
    });
    await http.post(`/schedules/${schedule.id}/trigger`).set('x-request-id', 'trigger-2').expect(202);
    expect(await changesOf(app, { request_id: 'trigger-2' })).toMatchObject([
      { actor: 'anonymous', action: 'run.cancel', subject: changes[2]!.subject },
      { actor: 'anonymous', action: 'run.create' },
    ]);
  });
});
