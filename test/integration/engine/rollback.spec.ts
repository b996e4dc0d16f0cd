import { describe, expect, it } from 'vitest';
import type { Gate } from '../../../src/contracts/gate.js';
import { StaleChampion } from '../../../src/engine/effect.js';
import { lockPointer } from '../../../src/engine/promote.js';
import { type AskedRollback, rollBack, rollbackTarget } from '../../../src/engine/rollback.js';
import { whileStale } from '../../../src/features/promotions/while-stale.js';
import type { ModelVersion } from '../../../src/generated/prisma/client.js';
import { inTransaction } from '../../../src/platform/database/transaction.js';
import { testDatabase } from '../../database.js';
import { promoteModel, trainedModel } from '../../factories/promotion.js';
import { openTransaction } from '../../open-transaction.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();
const gate: Gate = { name: 'runs_its_example', verdict: 'passed', inputs: {}, message: 'it runs' };
const by = { name: 'operator', request_id: null };

const back = (identifier: string, rest: Partial<AskedRollback> = {}) =>
  whileStale(async () => {
    const asked = { identifier, reason: 'it drifts', by, ...rest };
    const target = await rollbackTarget(db, asked);
    return inTransaction(db, (tx) => rollBack(tx, asked, { target, gate }));
  });

/** Promotes versions of a model, by their place in the list. */
async function history(identifier: string, versions: readonly number[]): Promise<ModelVersion[]> {
  const models: ModelVersion[] = [];
  for (let i = 0; i < Math.max(...versions); i++)
    models.push(await trainedModel(db, { identifier, config_hash: `c${i}` }));
  models.sort((a, b) => a.version - b.version);
  for (const version of versions) await promoteModel(db, models[version - 1]!, { rmse: version / 10 });
  return models;
}

describe('a rollback', () => {
  it('promotes the exact model that served before, with its figures', async () => {
    const [first] = await history('before', [1, 2]);
    const promotion = await back('before');
    expect(promotion).toMatchObject({
      version: 3,
      restores: 1,
      model_version: 1,
      sha256: first!.model_sha256,
      run_id: first!.run_id,
      config_hash: first!.config_hash,
      rmse: 0.1,
      actor: 'operator',
      reason: 'it drifts',
      pipeline_run_id: null,
    });
    expect(await db.modelAlias.findFirst({ where: { name: 'before', alias: 'champion' } })).toMatchObject({
      version: 1,
    });
    const request = await db.promotionRequest.findUniqueOrThrow({ where: { id: promotion.request_id } });
    expect(request).toMatchObject({ verdict: 'accepted', gates: [gate] });
  });

  it('goes on backwards, model by model', async () => {
    await history('backwards', [1, 2, 2, 3, 1]);
    const went = [];
    for (let i = 0; i < 3; i++) {
      const { model_version, restores } = await back('backwards');
      went.push([model_version, restores]);
    }
    // From the second promotion of model 1: to model 3, to the newer promotion of model 2, to the first of model 1.
    expect(went).toEqual([
      [3, 4],
      [2, 3],
      [1, 1],
    ]);
    await expect(back('backwards')).rejects.toMatchObject({
      code: 'conflict',
      message: 'no other model was promoted for backwards before version 1 of it',
    });
  });

  it('goes to a promotion that is named, also forwards', async () => {
    await history('named', [1, 2, 3]);
    expect(await back('named', { to: 1 })).toMatchObject({ version: 4, model_version: 1, restores: 1 });
    expect(await back('named', { to: 3 })).toMatchObject({ version: 5, model_version: 3, restores: 3 });
    // A rollback that is itself named stands for what it restored.
    expect(await back('named', { to: 4 })).toMatchObject({ version: 6, model_version: 1, restores: 1 });
  });

  it.each([
    ['of nothing', {}, { code: 'not_found', message: 'nothing is promoted for identifier of nothing' }],
    ['to-no-version', { to: 9 }, { code: 'not_found', message: 'there is no promotion 9 of to-no-version' }],
    ['to-the-same', { to: 1 }, { code: 'conflict' }],
    ['moved', { to: 1, expected: 7 }, { code: 'conflict', members: { current: { version: 2 } } }],
  ])('%s is refused', async (identifier, rest, fault) => {
    if (identifier !== 'of nothing') await history(identifier, identifier === 'moved' ? [1, 2] : [1]);
    await expect(back(identifier, rest)).rejects.toMatchObject(fault);
  });

  it('starts from what a promotion beside it has left', async () => {
    const models = await history('raced', [1, 2]);
    const asked = { identifier: 'raced', reason: 'it drifts', by };
    const target = await rollbackTarget(db, asked);
    const held = await openTransaction(db, (tx) => lockPointer(tx, 'raced'));
    const going = inTransaction(db, (tx) => rollBack(tx, asked, { target, gate })).catch((e: unknown) => e);
    const promoting = promoteModel(db, models[0]!);
    await waiting(db, 2);
    await held.commit();
    await promoting;
    // Whichever was first: the rollback never brings back what it did not look at.
    const outcome = await going;
    const serving = await db.promotion.findFirst({
      where: { identifier: 'raced' },
      orderBy: { version: 'desc' },
    });
    if (outcome instanceof StaleChampion) expect(serving).toMatchObject({ version: 3, restores: null });
    else expect(outcome).toMatchObject({ model_version: 1, restores: 1 });
  });

  it('made five times at once goes back five models, or says that there are no more', async () => {
    await history('at-once', [1, 2, 3]);
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => back('at-once')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    const versions = await db.promotion.findMany({
      where: { identifier: 'at-once' },
      orderBy: { version: 'asc' },
    });
    expect(versions.map(({ model_version }) => model_version)).toEqual([1, 2, 3, 2, 1]);
  });
});
