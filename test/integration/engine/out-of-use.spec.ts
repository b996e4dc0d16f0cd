import { describe, expect, it } from 'vitest';
import { cancelRun } from '../../../src/engine/cancel-run.js';
import { archiveModel, restoreModel } from '../../../src/engine/registry/archive-model.js';
import { archiveVersion, restoreVersion } from '../../../src/engine/registry/archive-version.js';
import { deleteVersion } from '../../../src/engine/registry/delete-version.js';
import { lockPointer } from '../../../src/engine/promote.js';
import { retryRun } from '../../../src/engine/retry-run.js';
import { StepOutputs } from '../../../src/engine/step-outputs.js';
import { inTransaction } from '../../../src/platform/database/transaction.js';
import { testDatabase } from '../../database.js';
import { newRun, type TestRun, trainers } from '../../factories/run.js';
import { openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();
const by = { name: 'tester', request_id: null };

/** A run that has trained all its models, with the versions that they became. */
async function trained(identifier: string) {
  const run = await newRun(db, { identifier });
  await run.succeed('preprocess', ...trainers);
  const rows = await db.modelVersion.findMany({ where: { name: identifier }, orderBy: { version: 'asc' } });
  return { run, versionOf: (type: string) => rows.find(({ model_type }) => model_type === type)!.version };
}
const archive = (name: string, version: number) => archiveVersion(db, by, { name, version });
/** What nobody can do while the run goes on, and what must do no harm all the same. */
const vanish = (name: string, version: number) => db.modelVersion.deleteMany({ where: { name, version } });
const candidatesOf = async (run: TestRun) => {
  const attempt = await run.claim('evaluate');
  const input = await attempt.plan.input(attempt.context);
  await attempt.giveBack();
  return 'candidates' in input ? input.candidates.map(({ model_type }) => model_type).sort() : [];
};
const outputOf = async (run: TestRun) =>
  new StepOutputs([await run.step('evaluate')]).get('evaluate', 'evaluate');
const decideFor = (winner: 'GRU' | 'LSTM' | 'PROPHET') => ({ winner, accepted: true });

describe('a version that is out of use', () => {
  it('is no candidate of the run that trained it; the others are', async () => {
    const { run, versionOf } = await trained('aside');
    await archive('aside', versionOf('GRU'));
    expect(await candidatesOf(run)).toEqual(['LSTM', 'PROPHET']);
    await vanish('aside', versionOf('LSTM'));
    expect(await candidatesOf(run)).toEqual(['PROPHET']);
    await restoreVersion(db, by, { name: 'aside', version: versionOf('GRU') });
    expect(await candidatesOf(run)).toEqual(['GRU', 'PROPHET']);
  });

  it('is not promoted when it went out of use after the decision: the step decides again, without it', async () => {
    for (const [identifier, leave] of [
      ['archived', archive],
      ['vanished', vanish],
    ] as const) {
      const { run, versionOf } = await trained(identifier);
      const attempt = await run.claim('evaluate');
      const decision = await attempt.completion(decideFor('GRU'));
      await leave(identifier, versionOf('GRU'));
      expect(await attempt.finish(decision)).toBe('stale');
      expect(await db.promotionRequest.count({ where: { identifier } })).toBe(0);
      expect(await attempt.finish(await attempt.completion(decideFor('LSTM')))).toBe('done');
      expect((await outputOf(run)).serving?.model_version).toBe(versionOf('LSTM'));
    }
  });

  it('waits for a decision that is being written, and is refused: it is promoted by then', async () => {
    const { run, versionOf } = await trained('deciding');
    const attempt = await run.claim('evaluate');
    const decision = await attempt.completion(decideFor('GRU'));
    // Who waits for a row that is there gets it in the order of coming; for one that is being made, in any.
    await inTransaction(db, (tx) => lockPointer(tx, 'deciding'));
    const held = await openTransaction(db, (tx) => lockPointer(tx, 'deciding'));
    const finishing = attempt.finish(decision);
    await waiting(db, 1);
    const archiving = archive('deciding', versionOf('GRU')).catch((error: unknown) => error);
    await waiting(db, 2);
    await held.commit();
    expect(await finishing).toBe('done');
    expect(await archiving).toMatchObject({ code: 'conflict' });
  });
});

describe('a run of which nothing can be promoted any more', () => {
  it('fails for good, says why, and goes on when its versions are restored', async () => {
    const identifier = 'nothing-left';
    const { run, versionOf } = await trained(identifier);
    const numbers = ['GRU', 'LSTM', 'PROPHET'].map(versionOf);
    for (const version of numbers) await archive(identifier, version);
    const attempt = await run.claim('evaluate');
    await expect(attempt.completion()).rejects.toMatchObject({
      code: 'invalid_data',
      permanent: true,
      message: expect.stringContaining('none of the versions that this run trained') as string,
    });
    await restoreVersion(db, by, { name: identifier, version: numbers[0]! });
    expect(await attempt.succeed()).toBe('done');
    expect((await outputOf(run)).serving?.model_version).toBe(numbers[0]);
  });

  it('because its model is archived, does not promote into it', async () => {
    const identifier = 'archived-model';
    const { run } = await trained(identifier);
    const attempt = await run.claim('evaluate');
    const decision = await attempt.completion();
    await archiveModel(db, by, identifier);
    expect(await attempt.finish(decision)).toBe('stale');
    await expect(attempt.completion()).rejects.toMatchObject({ code: 'invalid_data' });
    await restoreModel(db, by, identifier);
    expect(await attempt.succeed()).toBe('done');
  });
});

it('a run that ended may lose a version, and be retried with the others', async () => {
  const { run, versionOf } = await trained('retried');
  await cancelRun(db, run.id, by);
  await deleteVersion(db, by, { name: 'retried', version: versionOf('GRU') });
  await retryRun(db, run.id, by);
  expect(await candidatesOf(run)).toEqual(['LSTM', 'PROPHET']);
});
