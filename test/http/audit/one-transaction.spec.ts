import { beforeAll, describe, expect, it } from 'vitest';
import type { AuditAction } from '../../../src/contracts/audit.js';
import { PipelineRun } from '../../../src/contracts/pipeline-run.js';
import { Schedule } from '../../../src/contracts/schedule.js';
import { Prisma } from '../../../src/generated/prisma/client.js';
import { testApp } from '../../app.js';
import { houseModel } from '../../factories/column-models.js';
import { churnModel } from '../../factories/foreign-models.js';
import { importedModel } from '../../factories/imported-model.js';
import { newRun, newSelftest, trainers } from '../../factories/run.js';
import { recordedQueues } from '../../recorded-queues.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { sendModel } from '../registry/import-form.js';
import { changesOf } from './changes-of.js';

const app = await testApp({ queues: recordedQueues() });
const { http, db, store } = app;

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}
/** Asks for a change, in a request of this id. */
type Send = (request: string) => PromiseLike<Answer>;

beforeAll(async () => {
  await db.$executeRaw`
    create function refuse_commit() returns trigger language plpgsql as $$
    begin raise exception 'refused at the commit'; end $$`;
  // At the commit, when the change and its entry are written.
  await db.$executeRaw`
    create constraint trigger refuse_commit after insert on audit_entries deferrable initially deferred
    for each row when (new.request_id = 'refused' or new.actor = 'refused') execute function refuse_commit()`;
});

/** A digest of all rows, table by table. */
async function everything(): Promise<Record<string, string>> {
  const tables = await db.$queryRaw<{ name: string }[]>`
    select tablename as name from pg_tables where schemaname = 'public'`;
  const digests: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await db.$queryRaw<[{ digest: string | null }]>`
      select md5(string_agg(t::text, ',' order by t::text)) as digest from ${Prisma.raw(`"${name}"`)} t`;
    digests[name] = row.digest ?? '';
  }
  return digests;
}

const ask =
  (method: 'post' | 'patch' | 'delete', path: string, body?: object): Send =>
  (request) =>
    http[method](path).set('x-request-id', request).send(body);
const post = (path: string, body?: object) => ask('post', path, body);

const newId = async () =>
  parseAnswer(PipelineRun, await http.post('/pipeline-runs').send({ pipeline: 'selftest' })).id;
const failedId = async () => (await (await newSelftest(db)).fail('first')).id;
const letterId = async () => {
  const { id } = await db.deadLetter.findFirstOrThrow({ where: { run_id: await failedId() } });
  return id;
};
const undecided = async (identifier: string) => {
  const run = await newRun(db, { identifier });
  return run.succeed('preprocess', ...trainers);
};
const finishedId = async () => {
  const run = await undecided('finished');
  await (await run.claim('evaluate')).succeed({ accepted: false });
  return run.id;
};
const scheduleOf = (name: string) => ({ name, pipeline: 'selftest', interval_seconds: 3_600 });
const scheduleId = async (name: string) =>
  parseAnswer(Schedule, await http.post('/schedules').send(scheduleOf(name))).id;
const promotionOf = (identifier: string) =>
  post('/promotions', { identifier, model_version: 1, reason: 'because' });

const changes: [string, AuditAction, number, () => Promise<Send> | Send][] = [
  ['a run', 'run.create', 202, () => post('/pipeline-runs', { pipeline: 'selftest', tags: { a: 'b' } })],
  ['a clone', 'run.create', 202, async () => post(`/pipeline-runs/${await newId()}/clone`)],
  ['a cancel', 'run.cancel', 202, async () => post(`/pipeline-runs/${await newId()}/cancel`)],
  ['a retry', 'run.retry', 202, async () => post(`/pipeline-runs/${await failedId()}/retry`)],
  [
    'a note',
    'run.update',
    200,
    async () => ask('patch', `/pipeline-runs/${await newId()}`, { note: 'good', tags: { a: 'b' } }),
  ],
  ['the end of a run', 'run.delete', 204, async () => ask('delete', `/pipeline-runs/${await finishedId()}`)],
  ['a replay', 'dead_letter.replay', 202, async () => post(`/dead-letters/${await letterId()}/replay`)],
  ['a discard', 'dead_letter.discard', 204, async () => ask('delete', `/dead-letters/${await letterId()}`)],
  ['a schedule', 'schedule.create', 201, () => post('/schedules', scheduleOf('created'))],
  [
    'the change of a schedule',
    'schedule.update',
    200,
    async () => ask('patch', `/schedules/${await scheduleId('changed')}`, { enabled: false }),
  ],
  [
    'the end of a schedule',
    'schedule.delete',
    204,
    async () => ask('delete', `/schedules/${await scheduleId('deleted')}`),
  ],
  ['a trigger', 'run.create', 202, async () => post(`/schedules/${await scheduleId('triggered')}/trigger`)],
  ['a pause', 'workers.pause', 200, () => post('/workers/pause', { kinds: ['train'] })],
  [
    'a resume',
    'workers.resume',
    200,
    async () => {
      await http.post('/workers/pause').expect(200);
      return post('/workers/resume');
    },
  ],
  [
    'an import',
    'version.import',
    201,
    () => (request) => sendModel(app, churnModel(), { name: 'imported' }, { request }),
  ],
  [
    'a promotion',
    'promotion.create',
    201,
    async () => {
      await importedModel(db, store, 'promoted', houseModel());
      return promotionOf('promoted');
    },
  ],
  [
    'a refusal',
    'promotion_request.refuse',
    422,
    async () => {
      const signature = { inputs: [], outputs: [] };
      await importedModel(db, store, 'refused', Buffer.from('no model'), { signature });
      return promotionOf('refused');
    },
  ],
];

describe('a change is kept with its entry, or neither is', () => {
  it.each(changes)('%s', async (what, action, status, prepare) => {
    const send = await prepare();
    const before = await everything();
    expectProblem(await send('refused'), 500, 'internal');
    expect(await everything()).toEqual(before);
    // It was refused for nothing else.
    const request_id = `kept:${what.replaceAll(' ', '-')}`;
    expect((await send(request_id)).status).toBe(status);
    const noted = await changesOf(app, { request_id });
    expect(noted.map((change) => change.action)).toContain(action);
  });

  it('the promotion of a run', async () => {
    const run = await undecided('by-run');
    const attempt = await run.claim('evaluate');
    const ending = await attempt.completion();
    await db.pipelineRun.update({ where: { id: run.id }, data: { created_by: 'refused' } });
    const before = await everything();
    await expect(attempt.finish(ending)).rejects.toThrow('refused at the commit');
    expect(await everything()).toEqual(before);
    await db.pipelineRun.update({ where: { id: run.id }, data: { created_by: 'ada' } });
    expect(await attempt.finish(ending)).toBe('done');
    expect(await changesOf(app, { actor: 'ada' })).toMatchObject([{ action: 'promotion.create' }]);
  });
});
