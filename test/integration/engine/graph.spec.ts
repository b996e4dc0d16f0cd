import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../database.js';
import { newRun, trainers } from '../../factories/run.js';

const { db } = await testDatabase();

const reasonOf = async (runId: string, step: string) =>
  (await db.stateChange.findFirst({ where: { run_id: runId, step }, orderBy: { number: 'desc' } }))?.reason;

it('frees a step when what it depends on has succeeded, and not before', async () => {
  const run = await newRun(db);
  const open = { evaluate: 'PENDING', infer: 'PENDING' };
  const trainersAre = (state: string) => Object.fromEntries(trainers.map((trainer) => [trainer, state]));
  expect(await run.states()).toEqual({
    run: 'PENDING',
    preprocess: 'QUEUED',
    ...trainersAre('PENDING'),
    ...open,
  });
  const first = await run.claim('preprocess');
  expect(await run.states()).toMatchObject({ run: 'RUNNING', ...trainersAre('PENDING') });
  await first.succeed();
  expect(await run.states()).toMatchObject({ ...trainersAre('QUEUED'), ...open });
  await run.succeed('train_prophet', 'train_gru');
  expect(await run.states()).toMatchObject({ train_lstm: 'QUEUED', ...open });
  await run.succeed('train_lstm');
  expect(await run.states()).toMatchObject({ evaluate: 'QUEUED', infer: 'PENDING' });
  await run.succeed('evaluate');
  expect(await run.states()).toMatchObject({ run: 'RUNNING', infer: 'QUEUED' });
  await run.succeed('infer');
  const { state, started_at, ended_at } = await run.row();
  expect(state).toBe('SUCCEEDED');
  expect(ended_at!.getTime()).toBeGreaterThanOrEqual(started_at!.getTime());
});

describe('a run whose trainers fail', () => {
  it('is evaluated with the one that is left, and succeeds', async () => {
    const run = await newRun(db, { identifier: 'one-left' });
    await run.succeed('preprocess');
    await run.fail('train_gru', 'train_prophet');
    expect(await run.states()).toMatchObject({ evaluate: 'PENDING' });
    await run.succeed('train_lstm');
    const evaluate = await run.claim('evaluate');
    expect(await evaluate.plan.input(evaluate.context)).toMatchObject({
      candidates: [{ model_type: 'LSTM' }],
      champion: null,
    });
    await evaluate.succeed();
    await run.succeed('infer');
    expect(await run.states()).toMatchObject({ run: 'SUCCEEDED', train_gru: 'FAILED' });
  });

  it('is not evaluated when none is left, and fails, naming them', async () => {
    const run = await newRun(db, { identifier: 'none-left' });
    await run.succeed('preprocess');
    await run.fail(...trainers);
    expect(await run.states()).toMatchObject({ run: 'FAILED', evaluate: 'SKIPPED', infer: 'SKIPPED' });
    expect(await reasonOf(run.id, 'evaluate')).toBe(
      'train_lstm FAILED, train_gru FAILED, train_prophet FAILED',
    );
    const last = await db.stateChange.findFirst({ where: { run_id: run.id }, orderBy: { number: 'desc' } });
    expect(last).toMatchObject({
      step: null,
      state: 'FAILED',
      reason: 'failed: train_lstm, train_gru, train_prophet',
    });
  });

  it('fails for its evaluate, not for the trainer that it could do without', async () => {
    const run = await newRun(db, { identifier: 'evaluate-fails' });
    await run.succeed('preprocess', 'train_lstm', 'train_prophet');
    await run.fail('train_gru', 'evaluate');
    expect(await run.states()).toMatchObject({ run: 'FAILED', infer: 'SKIPPED' });
    const last = await db.stateChange.findFirst({ where: { run_id: run.id }, orderBy: { number: 'desc' } });
    expect(last?.reason).toBe('failed: evaluate');
  });
});

it('leaves out everything behind a preprocess that failed', async () => {
  const run = await newRun(db);
  await run.fail('preprocess');
  expect(await run.states()).toEqual({
    run: 'FAILED',
    preprocess: 'FAILED',
    train_gru: 'SKIPPED',
    train_lstm: 'SKIPPED',
    train_prophet: 'SKIPPED',
    evaluate: 'SKIPPED',
    infer: 'SKIPPED',
  });
});

describe('infer', () => {
  it('is left out when nothing serves the identifier, and the run succeeds without it', async () => {
    const run = await newRun(db, { identifier: 'nothing-promoted' });
    await run.succeed('preprocess', ...trainers);
    await (await run.claim('evaluate')).succeed({ accepted: false });
    expect(await run.states()).toMatchObject({ run: 'SUCCEEDED', infer: 'SKIPPED' });
    expect(await reasonOf(run.id, 'infer')).toBe('no model is promoted for this identifier');
  });

  it('forecasts with the winner that was promoted', async () => {
    const run = await newRun(db, { identifier: 'promoted' });
    await run.succeed('preprocess', ...trainers);
    await (await run.claim('evaluate')).succeed({ winner: 'PROPHET' });
    const infer = await run.claim('infer');
    expect(await infer.plan.input(infer.context)).toMatchObject({ served: { model_type: 'PROPHET' } });
  });

  it('forecasts with the champion from before when the winner was refused', async () => {
    const before = await newRun(db, { identifier: 'kept' });
    await before.succeed('preprocess', ...trainers);
    await (await before.claim('evaluate')).succeed({ winner: 'LSTM' });
    const champion = await db.promotion.findFirstOrThrow({ where: { identifier: 'kept' } });

    const run = await newRun(db, { identifier: 'kept' });
    await run.succeed('preprocess', ...trainers);
    await (await run.claim('evaluate')).succeed({ winner: 'GRU', accepted: false });
    const infer = await run.claim('infer');
    expect(await infer.plan.input(infer.context)).toMatchObject({
      served: { model_type: 'LSTM', model_version: champion.model_version, run_id: champion.run_id },
    });
  });
});
