import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PipelineRun } from '../../../src/contracts/pipeline-run.js';
import { Schedule, SchedulePage } from '../../../src/contracts/schedule.js';
import { SchedulesService } from '../../../src/features/schedules/schedules.service.js';
import { testApp } from '../../app.js';
import { makeDue, schedulerDeps } from '../../factories/schedule.js';
import { fireDueSchedules } from '../../../src/engine/schedules/scheduler.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { app, http, db, queues } = await testApp();
const service = app.get(SchedulesService);
const deps = schedulerDeps(db, { queues, prepare: (schedule) => service.prepare(schedule) });

let named = 0;
const body = (overrides: object = {}) => ({
  name: `nightly ${(named += 1)}`,
  pipeline: 'selftest',
  interval_seconds: 3_600,
  ...overrides,
});
const post = (overrides?: object) => http.post('/schedules').send(body(overrides));
const create = async (overrides?: object) => parseAnswer(Schedule, await post(overrides).expect(201));
const get = async (id: string) => parseAnswer(Schedule, await http.get(`/schedules/${id}`).expect(200));
const patch = (id: string, changes: object) => http.patch(`/schedules/${id}`).send(changes);
const patched = async (id: string, changes: object) =>
  parseAnswer(Schedule, await patch(id, changes).expect(200));

describe('a schedule that is asked for', () => {
  it('is made with its defaults, its place and its next times', async () => {
    const answer = await http
      .post('/schedules')
      .send({ name: 'every night', pipeline: 'selftest', cron: '30 2 * * *', time_zone: 'Asia/Kathmandu' });
    expect(answer.status).toBe(201);
    const schedule = parseAnswer(Schedule, answer);
    expect(answer.headers.location).toBe(`/schedules/${schedule.id}`);
    expect(schedule).toMatchObject({
      name: 'every night',
      parameters: { identifier: 'selftest', step_ms: 0 },
      interval_seconds: null,
      overlap: 'skip',
      enabled: true,
      priority: 0,
      last_at: null,
      last_run: null,
      error: null,
    });
    expect(schedule.next_times).toHaveLength(5);
    expect(schedule.next_times[0]).toEqual(schedule.next_at);
    for (const time of schedule.next_times) expect(time.toISOString()).toMatch(/T20:45:00.000Z$/);
    expect(await get(schedule.id)).toEqual(schedule);
  });

  it('has no next time while it is disabled', async () => {
    expect(await create({ enabled: false })).toMatchObject({ next_at: null, next_times: [] });
  });

  it.each([
    ['without a name', { name: undefined }, 'name'],
    ['with an empty name', { name: ' ' }, 'name'],
    ['with a name that cannot be stored', { name: 'a\u0000b' }, 'name'],
    ['with neither cron nor interval', { interval_seconds: undefined }, 'cron'],
    ['with both', { cron: '* * * * *' }, 'cron'],
    ['with an interval of nothing', { interval_seconds: 0 }, 'interval_seconds'],
    ['with an interval of ages', { interval_seconds: 1e9 }, 'interval_seconds'],
    ['with half a second', { interval_seconds: 0.5 }, 'interval_seconds'],
    ['with a day that never comes', { cron: '0 0 31 2 *', interval_seconds: undefined }, 'cron'],
    ['with another that never comes', { cron: '0 0 31 4,6 *', interval_seconds: undefined }, 'cron'],
    ['with four fields', { cron: '* * * *', interval_seconds: undefined }, 'cron'],
    ['with seven fields', { cron: '* * * * * * *', interval_seconds: undefined }, 'cron'],
    ['with an empty expression', { cron: '', interval_seconds: undefined }, 'cron'],
    ['with a field out of range', { cron: '61 * * * *', interval_seconds: undefined }, 'cron'],
    ['with a field that is chosen by chance', { cron: 'H * * * *', interval_seconds: undefined }, 'cron'],
    ['with such a field elsewhere', { cron: '0 H * * *', interval_seconds: undefined }, 'cron'],
    ['with a reboot', { cron: '@reboot', interval_seconds: undefined }, 'cron'],
    ['with an endless expression', { cron: '1,'.repeat(500), interval_seconds: undefined }, 'cron'],
    ['in no time zone', { time_zone: 'Europe/Nowhere' }, 'time_zone'],
    ['at an offset', { time_zone: '+02:00' }, 'time_zone'],
    ['with an overlap that there is not', { overlap: 'both' }, 'overlap'],
    ['with too high a priority', { priority: 101 }, 'priority'],
    ['with a pipeline that there is not', { pipeline: 'nothing' }, 'pipeline'],
    ['with a parameter out of range', { parameters: { step_ms: -1 } }, 'parameters.step_ms'],
    ['with a parameter that there is not', { parameters: { step: 1 } }, 'parameters'],
    [
      'of a pipeline whose parameters it lacks',
      { pipeline: 'forecasting', parameters: {} },
      'parameters.dataset_name',
    ],
    ['with an unknown field', { colour: 'red' }, ''],
  ])('is refused %s', async (_, overrides, path) => {
    const count = await db.schedule.count();
    const { errors } = expectProblem(await post(overrides), 400, 'invalid_request');
    expect(errors?.map((error) => error.path)).toContain(path);
    expect(await db.schedule.count()).toBe(count);
  });

  // The race: all of them see that the name is free.
  it('gets its name once, although five ask for it at once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => post({ name: 'taken' })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409]);
    expect(expectProblem(await post({ name: 'taken' }), 409, 'conflict').detail).toContain('"taken"');
  });

  it('may take any form of cron that names fixed times', async () => {
    for (const cron of [
      '*/5 * * * *',
      '0 0 L * *',
      '0 9 * * MON-FRI',
      '@daily',
      '*/10 * * * * *',
      '0 0 * * 1#2',
    ])
      expect((await create({ cron, interval_seconds: undefined })).next_times).toHaveLength(5);
  });
});

describe('a patch', () => {
  it('changes what it names and leaves the rest', async () => {
    const schedule = await create({ parameters: { identifier: 'kept' } });
    const after = await patched(schedule.id, { overlap: 'queue', priority: 5 });
    expect(after).toEqual({ ...schedule, overlap: 'queue', priority: 5, updated_at: after.updated_at });
    expect(after.updated_at.getTime()).toBeGreaterThan(schedule.updated_at.getTime());
  });

  it('puts cron in the place of an interval, and the other way round', async () => {
    const { id } = await create();
    expect(await patched(id, { cron: '0 0 1 1 *' })).toMatchObject({
      cron: '0 0 1 1 *',
      interval_seconds: null,
    });
    expect((await get(id)).next_at?.toISOString()).toMatch(/-01-01T00:00:00.000Z$/);
    expect(await patched(id, { time_zone: 'Asia/Tokyo' })).toMatchObject({ cron: '0 0 1 1 *' });
    expect((await get(id)).next_at?.toISOString()).toMatch(/-12-31T15:00:00.000Z$/);
    expect(await patched(id, { interval_seconds: 60 })).toMatchObject({ cron: null, interval_seconds: 60 });
  });

  it('disables, and enables again from now', async () => {
    const { id } = await create({ interval_seconds: 60 });
    await db.schedule.update({ where: { id }, data: { waiting: 3 } });
    expect(await patched(id, { enabled: false })).toMatchObject({
      next_at: null,
      next_times: [],
      waiting: 0,
    });
    const before = Date.now();
    const { next_at } = await patched(id, { enabled: true });
    expect(Math.abs(next_at!.getTime() - before - 60_000)).toBeLessThan(10_000);
  });

  it('validates the parameters by the schema of the pipeline', async () => {
    const { id } = await create();
    const refused = async (changes: object, path: string) => {
      const { errors } = expectProblem(await patch(id, changes), 400, 'invalid_request');
      expect(errors?.map((error) => error.path)).toContain(path);
    };
    await refused({ parameters: { step_ms: 'long' } }, 'parameters.step_ms');
    await refused({ pipeline: 'forecasting' }, 'parameters.dataset_name');
    await refused({ cron: '0 0 30 2 *' }, 'cron');
    await refused({ cron: '* * * * *', interval_seconds: 5 }, 'cron');
    await refused({ interval_seconds: null }, 'cron');
    await refused({ time_zone: 'Mars/Olympus' }, 'time_zone');
    await refused({ id: randomUUID() }, '');
    expect((await patched(id, { parameters: { step_ms: 5 } })).parameters).toEqual({
      identifier: 'selftest',
      step_ms: 5,
      fail_attempts: 1,
    });
  });

  it('can disable a schedule whose parameters are not valid any more', async () => {
    const { id } = await create();
    await db.schedule.update({ where: { id }, data: { parameters: { gone: true } } });
    expect(await patched(id, { enabled: false })).toMatchObject({ enabled: false });
  });

  it('is a conflict when it takes the name of another', async () => {
    const [a, b] = [await create(), await create()];
    expectProblem(await patch(a.id, { name: b.name }), 409, 'conflict');
    expect(await patched(a.id, { name: a.name })).toMatchObject({ name: a.name });
  });
});

describe('deleting', () => {
  it('leaves the runs', async () => {
    const { id } = await create();
    const run = parseAnswer(PipelineRun, await http.post(`/schedules/${id}/trigger`).expect(202));
    expect(run.schedule_id).toBe(id);
    const answer = await http.delete(`/schedules/${id}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expectProblem(await http.get(`/schedules/${id}`), 404, 'not_found');
    const left = parseAnswer(PipelineRun, await http.get(`/pipeline-runs/${run.id}`).expect(200));
    expect(left).toMatchObject({ schedule_id: null, state: 'PENDING' });
  });
});

describe('a trigger', () => {
  it('runs the schedule now, also while it is disabled, and leaves its times', async () => {
    const schedule = await create({ enabled: false, priority: -3, parameters: { identifier: 'by-hand' } });
    const answer = await http.post(`/schedules/${schedule.id}/trigger`).expect(202);
    const run = parseAnswer(PipelineRun, answer);
    expect(answer.headers.location).toBe(`/pipeline-runs/${run.id}`);
    expect(run).toMatchObject({
      identifier: 'by-hand',
      priority: -3,
      schedule_id: schedule.id,
      state_history: [{ state: 'PENDING', actor: 'anonymous' }],
    });
    expect(await get(schedule.id)).toMatchObject({
      next_at: null,
      last_run: { id: run.id, state: 'PENDING' },
    });
    await http.post(`/schedules/${schedule.id}/trigger`).expect(202);
  });

  it('says what is missing', async () => {
    const { id } = await create({ pipeline: 'forecasting', parameters: { dataset_name: 'nowhere' } });
    const { errors } = expectProblem(await http.post(`/schedules/${id}/trigger`), 400, 'invalid_request');
    expect(errors).toMatchObject([{ path: 'parameters.dataset_name' }]);
    await db.schedule.update({ where: { id }, data: { parameters: { epochs: 'ten' } } });
    const stale = expectProblem(await http.post(`/schedules/${id}/trigger`), 400, 'invalid_request');
    expect(stale.errors?.map(({ path }) => path)).toContain('parameters.epochs');
  });
});

describe('a time that comes', () => {
  it('runs the pipeline with the parameters of the schedule', async () => {
    const schedule = await create({ parameters: { identifier: 'timed', step_ms: 3 } });
    await makeDue(db, schedule);
    await fireDueSchedules(deps);
    const { last_run, last_at } = await get(schedule.id);
    expect(last_at).not.toBeNull();
    const run = parseAnswer(PipelineRun, await http.get(`/pipeline-runs/${last_run!.id}`));
    expect(run).toMatchObject({
      identifier: 'timed',
      parameters: { step_ms: 3 },
      schedule_id: schedule.id,
      state_history: [{ actor: `schedule ${schedule.name}` }],
    });
  });

  it('shows why there is no run when the data set is gone', async () => {
    const schedule = await create({ pipeline: 'forecasting', parameters: { dataset_name: 'gone' } });
    await makeDue(db, schedule);
    await fireDueSchedules(deps);
    const { error, last_run, next_at } = await get(schedule.id);
    expect(error).toContain('there is no object "gone.csv" in bucket "dataset"');
    expect(last_run).toBeNull();
    expect(next_at!.getTime()).toBeGreaterThan(Date.now());
  });
});

it('lists schedules, newest first, page by page', async () => {
  const made = [(await create()).id, (await create()).id, (await create()).id];
  const first = parseAnswer(SchedulePage, await http.get('/schedules?limit=2'));
  expect(first.items.map(({ id }) => id)).toEqual([made[2], made[1]]);
  const second = parseAnswer(SchedulePage, await http.get(`/schedules?limit=2&cursor=${first.next_cursor}`));
  expect(second.items[0]?.id).toBe(made[0]);
});

it.each(['get', 'delete', 'patch'] as const)(
  'answers %s with 404 for one that is not there',
  async (verb) => {
    expectProblem(await http[verb](`/schedules/${randomUUID()}`).send({}), 404, 'not_found');
    expectProblem(await http[verb]('/schedules/17').send({}), 400, 'invalid_request');
  },
);

it('answers a trigger of one that is not there with 404', async () => {
  expectProblem(await http.post(`/schedules/${randomUUID()}/trigger`), 404, 'not_found');
});
