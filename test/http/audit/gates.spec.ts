import { beforeAll, expect, it } from 'vitest';
import { Promotion } from '../../../src/contracts/promotion.js';
import { PromotionRequest } from '../../../src/contracts/promotion-request.js';
import { testApp } from '../../app.js';
import { houseModel } from '../../factories/column-models.js';
import { importedModel } from '../../factories/imported-model.js';
import { parseAnswer } from '../parse-answer.js';
import { changesOf } from './changes-of.js';

const app = await testApp();
const { http, db, store } = app;
const identifier = 'watched';
beforeAll(async () => {
  for (let i = 0; i < 2; i++) await importedModel(db, store, identifier, houseModel());
});

const post = (path: string, body: object, request: string) =>
  http
    .post(path)
    .set('x-request-id', request)
    .send({ reason: 'because', ...body });
const about = (request_id: string) => changesOf(app, { request_id });

it('gates are noted with what they were and are, and are given up', async () => {
  const set = (policy: object, request: string) =>
    http.put('/gates').query({ identifier }).set('x-request-id', request).send(policy).expect(200);
  await set({ manual_approval: true }, 'set-1');
  await set({ beats_naive: false, manual_approval: true }, 'set-2');
  const subject = `/gates?identifier=${identifier}`;
  expect(await about('set-1')).toMatchObject([
    { action: 'gates.set', subject, before: null, after: { manual_approval: true } },
  ]);
  expect(await about('set-2')).toMatchObject([
    { action: 'gates.set', before: { beats_naive: true }, after: { beats_naive: false } },
  ]);
  await http.put('/gates').query({ pipeline: 'selftest' }).send({}).expect(200);
  await http.delete('/gates').query({ pipeline: 'selftest' }).set('x-request-id', 'reset').expect(204);
  expect(await about('reset')).toMatchObject([
    {
      action: 'gates.reset',
      subject: '/gates?pipeline=selftest',
      before: { beats_naive: true },
      after: null,
    },
  ]);
});

it('a request that waits, its approval and its rejection are noted', async () => {
  const ask = async (request: string) =>
    parseAnswer(PromotionRequest, await post('/promotions', { identifier, model_version: 1 }, request)).id;
  const first = await ask('ask-1');
  expect(await about('ask-1')).toMatchObject([
    {
      action: 'promotion_request.hold',
      subject: `/promotion-requests/${first}`,
      after: { identifier, model_version: 1 },
    },
  ]);
  const answer = await post(`/promotion-requests/${first}/approve`, {}, 'approve').expect(201);
  const { id } = parseAnswer(Promotion, answer);
  expect(await about('approve')).toMatchObject([
    { action: 'promotion_request.approve', after: { verdict: 'accepted', reason: 'because' } },
    { action: 'promotion.create', subject: `/promotions/${id}` },
  ]);
  const second = await ask('ask-2');
  await post(`/promotion-requests/${second}/reject`, {}, 'reject').expect(200);
  expect(await about('reject')).toMatchObject([
    {
      action: 'promotion_request.reject',
      subject: `/promotion-requests/${second}`,
      before: { verdict: 'pending' },
      after: { verdict: 'rejected' },
    },
  ]);
});

it('a rollback is noted with the pointer before and after it, a dry run not at all', async () => {
  const body = { identifier, model_version: 2, override_gates: true };
  await post('/promotions', body, 'override').expect(201);
  const answer = await post('/promotions/rollback', { identifier }, 'back').expect(201);
  expect(await about('back')).toMatchObject([
    {
      action: 'promotion.rollback',
      subject: `/promotions/${parseAnswer(Promotion, answer).id}`,
      before: { version: 2, model_version: 2 },
      after: { version: 3, model_version: 1 },
    },
  ]);
  await post('/promotions/dry-run', body, 'dry').expect(200);
  expect(await about('dry')).toEqual([]);
});
