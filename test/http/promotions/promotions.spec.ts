import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CurrentPointer } from '../../../src/contracts/pointer.js';
import { PromotionPage } from '../../../src/contracts/promotion.js';
import type { Promotion } from '../../../src/generated/prisma/client.js';
import { testApp } from '../../app.js';
import { promoteModel, trainedModel } from '../../factories/promotion.js';
import { newRun, trainers } from '../../factories/run.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db } = await testApp();
const Pointers = z.object({ items: z.array(CurrentPointer), next_cursor: z.string().nullable() });

const current = async (identifier: string) =>
  parseAnswer(CurrentPointer, await http.get(`/promotions/current?identifier=${identifier}`));
const pages = async (query: object) => parseAnswer(PromotionPage, await http.get('/promotions').query(query));
/** All pages, one after another. */
async function everything(query: object): Promise<PromotionPage['items']> {
  const items: PromotionPage['items'] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = await pages({ ...query, ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.next_cursor;
  }
  return items;
}

describe('what is promoted now', () => {
  it('is nothing, before anything was', async () => {
    const { detail } = expectProblem(
      await http.get('/promotions/current?identifier=never'),
      404,
      'not_found',
    );
    expect(detail).toBe('nothing is promoted for identifier never');
    expect(parseAnswer(Pointers, await http.get('/promotions/current'))).toEqual({
      items: [],
      next_cursor: null,
    });
  });

  it('has every field of current.json in its order, and then ours', async () => {
    const model = await trainedModel(db, { identifier: 'fields', model_type: 'LSTM' });
    const errors = { rmse: 0.04, mae: 0.02, mse: 0.0016, score: 0.02632 };
    const promotion = await promoteModel(db, model, errors);
    const answer = await http.get('/promotions/current?identifier=fields');
    expect(answer.status).toBe(200);
    expect(Object.keys(JSON.parse(answer.text) as object)).toEqual([
      'identifier',
      'config_hash',
      'run_id',
      'model_type',
      'experiment',
      'model_uri',
      'rmse',
      'mae',
      'mse',
      'score',
      'timestamp',
      'weights',
      'promotion_id',
      'version',
      'model_version',
      'sha256',
    ]);
    expect(parseAnswer(CurrentPointer, answer)).toEqual({
      identifier: 'fields',
      config_hash: model.config_hash,
      run_id: model.run_id,
      model_type: 'LSTM',
      experiment: 'forecasting/series',
      model_uri: `runs:/${model.run_id}/LSTM`,
      ...errors,
      timestamp: promotion.created_at.toISOString(),
      weights: { rmse: 0.5, mae: 0.3, mse: 0.2 },
      promotion_id: promotion.id,
      version: 1,
      model_version: 1,
      sha256: model.model_sha256,
    });
  });

  it('is the newest promotion of the identifier', async () => {
    const older = await trainedModel(db, { identifier: 'newest' });
    const newer = await trainedModel(db, { identifier: 'newest', config_hash: 'other' });
    await promoteModel(db, older);
    await promoteModel(db, newer);
    expect(await current('newest')).toMatchObject({ version: 2, model_version: 2, config_hash: 'other' });
    await promoteModel(db, older, { reason: 'back again' });
    expect(await current('newest')).toMatchObject({ version: 3, model_version: 1, config_hash: 'c0ffee' });
  });

  it('shows a metric that was not finite as null', async () => {
    const model = await trainedModel(db, { identifier: 'no-metrics' });
    await promoteModel(db, model, { rmse: null, mae: null, mse: null, score: null });
    expect(await current('no-metrics')).toMatchObject({ rmse: null, mae: null, mse: null, score: null });
  });

  it('is listed once per identifier, newest first, over pages of any size', async () => {
    for (const identifier of ['l-1', 'l-2', 'l-3', 'l-2']) {
      await promoteModel(db, await trainedModel(db, { identifier }));
    }
    const everyone = parseAnswer(Pointers, await http.get('/promotions/current?limit=200')).items;
    expect(everyone.map(({ identifier }) => identifier).slice(0, 3)).toEqual(['l-2', 'l-3', 'l-1']);
    expect(new Set(everyone.map(({ identifier }) => identifier)).size).toBe(everyone.length);
    const paged: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const answer = await http.get('/promotions/current').query({ limit: 2, ...(cursor && { cursor }) });
      const page = parseAnswer(Pointers, answer);
      paged.push(...page.items.map(({ identifier }) => identifier));
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(everyone.map(({ identifier }) => identifier));
  });

  it('refuses an identifier that cannot be one', async () => {
    for (const identifier of ['..', '*', 'current.json', 'a/b', '']) {
      const answer = await http.get('/promotions/current').query({ identifier });
      const { errors } = expectProblem(answer, 400, 'invalid_request');
      expect(errors?.map(({ path }) => path)).toContain('identifier');
    }
  });
});

describe('the history of promotions', () => {
  let promotions: Promotion[];
  beforeAll(async () => {
    const model = await trainedModel(db, { identifier: 'history' });
    promotions = [];
    for (let i = 0; i < 12; i++) promotions.push(await promoteModel(db, model, { reason: `take ${i}` }));
  });

  it('names who promoted what, why, and what it replaced', async () => {
    const { items } = await pages({ identifier: 'history', limit: 2 });
    expect(items).toMatchObject([
      { id: promotions[11]?.id, version: 12, reason: 'take 11', replaces: promotions[10]?.id },
      { id: promotions[10]?.id, version: 11, reason: 'take 10', actor: 'operator', gates: [] },
    ]);
  });

  it.each([1, 5, 12, 200])('gives each once, newest first, in pages of %i', async (limit) => {
    const seen = (await everything({ identifier: 'history', limit })).map(({ version }) => version);
    expect(seen).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it('loses none of several identifiers that were promoted in one millisecond', async () => {
    const at = new Date('2030-01-01T00:00:00.000Z');
    const twins: string[] = [];
    for (const identifier of ['twin-1', 'twin-2', 'twin-3']) {
      twins.push((await promoteModel(db, await trainedModel(db, { identifier }))).id);
    }
    // Nothing may change a promotion; a test may stop the guard for a moment.
    await db.$transaction([
      db.$executeRaw`set local session_replication_role = replica`,
      db.$executeRaw`update promotions set created_at = ${at} where identifier like 'twin-%'`,
    ]);
    const seen = (await everything({ limit: 1 })).map(({ id }) => id);
    expect(seen.slice(0, 3).sort()).toEqual(twins.sort());
    expect(new Set(seen).size).toBe(await db.promotion.count());
  });

  it("shows the gates of a pipeline's promotion, and the run it comes from", async () => {
    const run = await newRun(db, { identifier: 'gated' });
    await run.succeed('preprocess', ...trainers, 'evaluate');
    const { items } = await pages({ identifier: 'gated' });
    expect(items).toMatchObject([
      {
        pipeline_run_id: run.id,
        actor: 'tester',
        reason: `best of pipeline run ${run.id}`,
        replaces: null,
        gates: [{ name: 'beats_naive', verdict: 'passed' }],
      },
    ]);
  });

  it('is empty for an identifier without promotions', async () => {
    expect(await pages({ identifier: 'nobody' })).toEqual({ items: [], next_cursor: null });
  });
});
