import { createHash, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PipelineRun } from '../../../src/contracts/pipeline-run.js';
import { canonicalJson } from '../../../src/platform/canonical-json.js';
import { keepAnswer, removeOldKeys, takeKey } from '../../../src/http/kept-answers.js';
import { testApp } from '../../app.js';
import { openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { rawRequest } from '../raw-request.js';

const { http, url, db, databaseUrl, queues, objects } = await testApp();
/** Another gateway on the same database. */
const other = await testApp({ databaseUrl });

const body = { pipeline: 'selftest', parameters: { identifier: 'once' } };
const create = (key: string, asked: object = body, on = http) =>
  on.post('/pipeline-runs').set('idempotency-key', key).send(asked);
const idOf = (answer: { text: string }) => parseAnswer(PipelineRun, answer).id;
const runsNamed = (identifier: string) => db.pipelineRun.count({ where: { identifier } });
const named = (identifier: string, more: object = {}) => ({
  pipeline: 'selftest',
  parameters: { identifier },
  ...more,
});
const depth = async () => Object.values(await queues.depths()).reduce((sum, count) => sum + count, 0);

describe('a request that is sent again under its key', () => {
  it('makes nothing, and gets the first answer to the byte, whatever has become of the run', async () => {
    const key = randomUUID();
    // Keys that JSON objects of PostgreSQL would put into another order.
    const asked = named('replayed', { tags: { zzz: '1', a: 'ä"\\ 🚂' }, note: 'line\nline' });
    const first = await create(key, asked);
    expect(first.status).toBe(202);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    await http.post(`/pipeline-runs/${idOf(first)}/cancel`);
    const again = await create(key, asked);
    expect(again.status).toBe(202);
    expect(again.text).toBe(first.text);
    expect(again.headers).toMatchObject({
      'idempotency-replayed': 'true',
      location: `/pipeline-runs/${idOf(first)}`,
      'content-type': first.headers['content-type'],
    });
    expect(again.headers.location).toBe(first.headers.location);
    expect(await runsNamed('replayed')).toBe(1);
  });

  it('says the run as it stood when it was made, which is what a first answer says too', async () => {
    const without = await http.post('/pipeline-runs').send(body);
    const first = await create(randomUUID());
    expect(first.headers['content-type']).toBe(without.headers['content-type']);
    expect(parseAnswer(PipelineRun, first)).toMatchObject({
      state: 'PENDING',
      steps: parseAnswer(PipelineRun, without).steps.map(({ name, state }) => ({ name, state })),
    });
    expect(parseAnswer(PipelineRun, await http.get(first.headers.location ?? ''))).toEqual(
      parseAnswer(PipelineRun, first),
    );
  });

  it('may have its keys in another order, and blanks', async () => {
    const key = randomUUID();
    const first = await create(key, { pipeline: 'selftest', parameters: { identifier: 'o', step_ms: 1 } });
    const text = '{ "parameters": { "step_ms": 1, "identifier": "o" },\n "pipeline": "selftest" }';
    const again = await http
      .post('/pipeline-runs')
      .set({ 'idempotency-key': key, 'content-type': 'application/json' })
      .send(text);
    expect(idOf(again)).toBe(idOf(first));
  });

  it('is known to another gateway', async () => {
    const key = randomUUID();
    const first = await create(key);
    const again = await create(key, body, other.http);
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('is answered although what it was checked against is gone', async () => {
    await http
      .put('/objects/dataset/once.csv')
      .set('content-type', 'text/csv')
      .send('time,a\n2024-01-01,1\n');
    const key = randomUUID();
    const asked = { pipeline: 'forecasting', parameters: { dataset_name: 'once' } };
    const first = await create(key, asked);
    expect(first.status).toBe(202);
    rmSync(path.join(objects, 'dataset', 'once.csv.object'));
    expectProblem(await create(randomUUID(), asked), 400, 'invalid_request');
    expect((await create(key, asked)).text).toBe(first.text);
  });

  it('hands over what the first left undone: its gateway died after the commit', async () => {
    const key = randomUUID();
    const first = await create(key);
    await db.step.updateMany({ where: { run_id: idOf(first) }, data: { dispatched_at: null } });
    const before = await depth();
    await create(key);
    expect(
      await db.step.count({ where: { run_id: idOf(first), state: 'QUEUED', dispatched_at: null } }),
    ).toBe(0);
    // The job was there, so it was not added twice.
    expect(await depth()).toBe(before);
  });

  it('is another one under another key, and without one', async () => {
    const answers = [
      await create('a', named('apart')),
      await create('b', named('apart')),
      await create('B', named('apart')),
      await http.post('/pipeline-runs').send(named('apart')),
      await http.post('/pipeline-runs').send(named('apart')),
    ];
    expect(new Set(answers.map(idOf)).size).toBe(5);
    expect(await runsNamed('apart')).toBe(5);
  });
});

describe('another request under a used key', () => {
  it.each([
    ['another value', named('used', { priority: 1 })],
    ['a field more', named('used', { note: 'x' })],
    ['a default that is spelled out', named('used', { priority: 0 })],
    ['a tag more', named('used', { tags: { a: '1' } })],
  ])('is refused for %s, and makes nothing', async (_, asked) => {
    const key = randomUUID();
    const first = await create(key, named('used'));
    const before = await runsNamed('used');
    const { errors, detail } = expectProblem(await create(key, asked), 422, 'unprocessable');
    expect(detail).toContain(key);
    expect(errors).toMatchObject([{ path: 'Idempotency-Key' }]);
    expect(await runsNamed('used')).toBe(before);
    expect((await create(key, named('used'))).text).toBe(first.text);
  });

  it('is told what is wrong with it first', async () => {
    const key = randomUUID();
    await create(key);
    expectProblem(await create(key, { pipeline: 'nothing' }), 400, 'invalid_request');
  });
});

describe('a creation that failed keeps no key', () => {
  it('after a body that is wrong', async () => {
    const key = randomUUID();
    expectProblem(await create(key, { pipeline: 'selftest', params: 1 }), 400);
    expect((await create(key, named('mended'))).status).toBe(202);
  });

  it('after a data set that was not there', async () => {
    const key = randomUUID();
    const asked = { pipeline: 'forecasting', parameters: { dataset_name: 'later' } };
    expectProblem(await create(key, asked), 400);
    await http
      .put('/objects/dataset/later.csv')
      .set('content-type', 'text/csv')
      .send('time,a\n2024-01-01,1\n');
    const answer = await create(key, asked);
    expect(answer.status).toBe(202);
    expect(answer.headers).not.toHaveProperty('idempotency-replayed');
  });

  it('after a transaction that was rolled back: neither the run nor the key is there', async () => {
    const key = randomUUID();
    await db.$executeRaw`alter table state_history add constraint refuse check (actor <> 'anonymous') not valid`;
    try {
      expectProblem(await create(key, named('rolled-back')), 500, 'internal');
    } finally {
      await db.$executeRaw`alter table state_history drop constraint refuse`;
    }
    expect(await runsNamed('rolled-back')).toBe(0);
    expect(await db.idempotencyKey.count({ where: { key } })).toBe(0);
    expect((await create(key, named('rolled-back'))).status).toBe(202);
  });
});

describe('requests with one key at once', () => {
  it('make one run between two gateways, and all get its answer', async () => {
    const key = randomUUID();
    const asked = named('at-once');
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) => create(key, asked, i % 2 === 0 ? http : other.http)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers.location as string)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotency-replayed'] !== 'true')).toHaveLength(1);
    expect(await runsNamed('at-once')).toBe(1);
  });

  it('of which one has another body make one run, and the others are refused', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => create(key, named('at-odds', { priority: i }))),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(11);
    expect(await runsNamed('at-odds')).toBe(1);
  });

  /** A first request that has made its run, with this answer, and not committed yet. */
  const held = (key: string, asked: object, answer = { status: 202, id: randomUUID(), text: '{}' }) =>
    openTransaction(db, async (tx) => {
      const bodyHash = createHash('sha256').update(canonicalJson(asked)).digest('hex');
      const request = { caller: 'anonymous', method: 'POST', path: '/pipeline-runs', key, bodyHash };
      await takeKey(tx, request);
      await keepAnswer(tx, request, answer);
    });

  // Without the unique index the second would not see what the first has not committed yet, and make a run of its own.
  it('wait for the one that was first, and get its answer', async () => {
    const key = randomUUID();
    const answer = { status: 202, id: randomUUID(), text: '{"kept": "as it is"}' };
    const first = await held(key, named('waited'), answer);
    const same = create(key, named('waited')).then((response) => response);
    const another = create(key, named('waited', { priority: 1 })).then((response) => response);
    await waiting(db, 2);
    await first.commit();
    expect(await same).toMatchObject({
      status: 202,
      text: answer.text,
      headers: { 'idempotency-replayed': 'true', location: `/pipeline-runs/${answer.id}` },
    });
    expectProblem(await another, 422, 'unprocessable');
    expect(await runsNamed('waited')).toBe(0);
  });

  it('go on themselves when the first has failed', async () => {
    const key = randomUUID();
    const first = await held(key, named('took-over'));
    const second = create(key, named('took-over')).then((answer) => answer);
    await waiting(db, 1);
    await first.rollBack();
    const answer = await second;
    expect(answer.status).toBe(202);
    expect(answer.headers).not.toHaveProperty('idempotency-replayed');
    expect(await runsNamed('took-over')).toBe(1);
  });
});

describe('a key', () => {
  it.each(['k', '~'.repeat(255), 'with blanks, and "quotes"', 'a/b:c=d;e'])('may be %s', async (key) => {
    expect((await create(key, named('keys'))).status).toBe(202);
  });

  it.each([
    ['is empty', ''],
    ['is too long', 'x'.repeat(256)],
    ['has a tab in it', 'a\tb'],
    ['is not ASCII', 'schlüssel'],
    ['comes twice', ['a', 'b']],
  ])('is refused when it %s', async (_, key) => {
    const answer = await rawRequest(url, '/pipeline-runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(named('refused-keys')),
    });
    const { errors } = expectProblem(answer, 400, 'invalid_request');
    expect(errors).toEqual([
      {
        path: 'Idempotency-Key',
        message: 'must be one key of 1 to 255 printable ASCII characters, such as a UUID',
      },
    ]);
    expect(await runsNamed('refused-keys')).toBe(0);
  });
});

describe('after a day', () => {
  const age = (key: string, interval: string) =>
    db.$executeRaw`update idempotency_keys set created_at = clock_timestamp() - ${interval}::interval where key = ${key}`;

  it('a key counts as absent: it may be used for another request, once', async () => {
    const key = randomUUID();
    const first = await create(key, named('aged'));
    await age(key, '23 hours 59 minutes');
    expect((await create(key, named('aged'))).text).toBe(first.text);
    await age(key, '24 hours');
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => create(key, named('aged', { note: 'another' }))),
    );
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(idOf(answers[0]!)).not.toBe(idOf(first));
    expect(await runsNamed('aged')).toBe(2);
  });

  it('its row is removed, in batches, and no younger one is', async () => {
    const old = Array.from({ length: 7 }, () => randomUUID());
    const young = randomUUID();
    for (const key of [...old, young]) await create(key, named('removed'));
    for (const key of old) await age(key, '25 hours');
    const left = () => db.idempotencyKey.count({ where: { key: { in: [...old, young] } } });
    // One that a request is taking over at this moment stays, and nobody waits for it.
    const taking = await openTransaction(
      db,
      (tx) => tx.$queryRaw`select 1 from idempotency_keys where key = ${old[0]} for update`,
    );
    expect(await removeOldKeys(db, 3)).toBe(6);
    expect(await left()).toBe(2);
    await taking.rollBack();
    expect(await removeOldKeys(db, 3)).toBe(1);
    expect((await create(young, named('removed'))).headers['idempotency-replayed']).toBe('true');
  });
});
