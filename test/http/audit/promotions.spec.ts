import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Promotion } from '../../../src/contracts/promotion.js';
import { PromotionRefused } from '../../../src/contracts/promotion-request.js';
import { testApp } from '../../app.js';
import { houseModel } from '../../factories/column-models.js';
import { importedModel } from '../../factories/imported-model.js';
import { promoteModel, trainedModel } from '../../factories/promotion.js';
import { newRun, trainers } from '../../factories/run.js';
import { expectProblem, expectProblemOf } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { changesOf } from './changes-of.js';

const app = await testApp();
const { http, db, store } = app;

const promote = (body: object, request: string, headers: Record<string, string> = {}) =>
  http
    .post('/promotions')
    .set({ 'x-request-id': request, ...headers })
    .send({ reason: 'because', ...body });
const about = (request_id: string) => changesOf(app, { request_id });
/** What a run did, which has no request. */
const aboutRun = (actor: string) => changesOf(app, { actor, subject: '/promotions' });

/** A run of which everything but its decision is done. */
const undecided = async (identifier: string, name: string) => {
  const run = await newRun(db, { identifier, by: { name, request_id: 'run-1' } });
  return run.succeed('preprocess', ...trainers);
};

describe('a promotion', () => {
  it('by hand is noted with the pointer before and after it, once under one Idempotency-Key', async () => {
    const identifier = 'by-hand';
    const sha256: string[] = [];
    for (let i = 0; i < 2; i++)
      sha256.push((await importedModel(db, store, identifier, houseModel())).model_sha256);
    await promote({ identifier, model_version: 1 }, 'promote-1').expect(201);
    const key = { 'idempotency-key': randomUUID() };
    for (let i = 0; i < 2; i++) await promote({ identifier, model_version: 2 }, 'promote-2', key).expect(201);
    const [first, second] = await db.promotion.findMany({
      where: { identifier },
      orderBy: { version: 'asc' },
    });
    const pointers = [
      { identifier, version: 1, model_version: 1, sha256: sha256[0] },
      { identifier, version: 2, model_version: 2, sha256: sha256[1] },
    ];
    const noted = { actor: 'anonymous', action: 'promotion.create' };
    expect([...(await about('promote-1')), ...(await about('promote-2'))]).toEqual([
      {
        ...noted,
        subject: `/promotions/${first!.id}`,
        before: null,
        after: pointers[0],
        request_id: 'promote-1',
      },
      {
        ...noted,
        subject: `/promotions/${second!.id}`,
        before: pointers[0],
        after: pointers[1],
        request_id: 'promote-2',
      },
    ]);
  });

  it('of a run is noted as its creator’s, in no request', async () => {
    const run = await undecided('of-run', 'ada');
    await run.succeed('evaluate');
    const promotion = await db.promotion.findFirstOrThrow({ where: { identifier: 'of-run' } });
    const { identifier, version, model_version, sha256 } = promotion;
    expect(await aboutRun('ada')).toEqual([
      {
        actor: 'ada',
        action: 'promotion.create',
        subject: `/promotions/${promotion.id}`,
        before: null,
        after: { identifier, version, model_version, sha256 },
        request_id: null,
      },
    ]);
  });

  it('that restores an earlier one is noted as a rollback', async () => {
    const model = await trainedModel(db, { identifier: 'rolled-back' });
    await promoteModel(db, model);
    const { id } = await promoteModel(db, model, { restores: 1 });
    expect(await changesOf(app, { subject: `/promotions/${id}` })).toMatchObject([
      { action: 'promotion.rollback', before: { version: 1 }, after: { version: 2 } },
    ]);
  });

  it('that is not made, because the pointer has moved on, is not noted', async () => {
    const identifier = 'moved';
    await importedModel(db, store, identifier, houseModel());
    const answer = await promote({ identifier, model_version: 1 }, 'promote-3', { 'if-match': '"7"' });
    expect(answer.status).toBe(409);
    expectProblem(await promote({ identifier, model_version: 9 }, 'promote-3'), 404, 'not_found');
    expect(await about('promote-3')).toEqual([]);
  });
});

describe('a promotion that gates refuse', () => {
  it('by hand is noted with those that failed', async () => {
    const identifier = 'refused';
    const signature = { inputs: [], outputs: [] };
    await importedModel(db, store, identifier, Buffer.from('no model'), { signature });
    const answer = await promote({ identifier, model_version: 1 }, 'refuse-1');
    const { request } = expectProblemOf(PromotionRefused.strict(), answer, 422, 'unprocessable');
    expect(await about('refuse-1')).toEqual([
      {
        actor: 'anonymous',
        action: 'promotion_request.refuse',
        subject: `/promotion-requests/${request!.id}`,
        before: null,
        after: {
          identifier,
          model_version: 1,
          reason: 'because',
          failed_gates: [{ name: 'runs_its_example', message: request!.gates[0]!.message }],
        },
        request_id: 'refuse-1',
      },
    ]);
  });

  it('of a run is noted as its creator’s, in no request', async () => {
    const run = await undecided('refused-run', 'bob');
    await (await run.claim('evaluate')).succeed({ accepted: false });
    const request = await db.promotionRequest.findFirstOrThrow({ where: { identifier: 'refused-run' } });
    expect(await changesOf(app, { actor: 'bob', action: 'promotion_request.refuse' })).toMatchObject([
      {
        subject: `/promotion-requests/${request.id}`,
        after: { identifier: 'refused-run', failed_gates: [{ name: 'beats_naive', message: 'decided' }] },
        request_id: null,
      },
    ]);
    expect(await aboutRun('bob')).toEqual([]);
  });
});

it('twenty promotions at once make one chain of pointers', async () => {
  const identifier = 'chain';
  await importedModel(db, store, identifier, houseModel());
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => promote({ identifier, model_version: 1 }, 'chain-1')),
  );
  const ids = answers.map((answer) => parseAnswer(Promotion, answer).id);
  const changes = await about('chain-1');
  expect(changes.map(({ subject }) => subject).toSorted()).toEqual(
    ids.map((id) => `/promotions/${id}`).toSorted(),
  );
  expect(changes.map(({ after }) => after?.version)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  for (let i = 1; i < 20; i++) expect(changes[i]!.before).toEqual(changes[i - 1]!.after);
});
