import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/contracts/app-error.js';
import { maxAliases } from '../../../src/contracts/model-alias.js';
import { presetGatePolicy } from '../../../src/contracts/gate-policy.js';
import { defaultScoreWeights } from '../../../src/contracts/score-weights.js';
import { importModel } from '../../../src/engine/import-model.js';
import { lockPointer } from '../../../src/engine/promote.js';
import { decidePromotion } from '../../../src/engine/decide-promotion.js';
import { findChampion } from '../../../src/engine/champion.js';
import { archiveModel, restoreModel } from '../../../src/engine/registry/archive-model.js';
import { archiveVersion, restoreVersion } from '../../../src/engine/registry/archive-version.js';
import { createModel } from '../../../src/engine/registry/create-model.js';
import { deleteAlias } from '../../../src/engine/registry/delete-alias.js';
import { deleteModel } from '../../../src/engine/registry/delete-model.js';
import { deleteVersion } from '../../../src/engine/registry/delete-version.js';
import { setAlias } from '../../../src/engine/registry/set-alias.js';
import { whileStale } from '../../../src/features/promotions/while-stale.js';
import { inTransaction } from '../../../src/platform/database/transaction.js';
import { auditOf } from '../../audit-of.js';
import { testDatabase } from '../../database.js';
import { registeredVersion } from '../../factories/registered-version.js';
import { artifactRef } from '../../factories/step-results.js';
import { openTransaction } from '../../open-transaction.js';
import { temporaryStore } from '../../temporary-store.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();
const store = await temporaryStore();
const by = { name: 'tester', request_id: null };
const figures = { score: null, rmse: null, mae: null, mse: null, weights: defaultScoreWeights };

const register = (name: string) => registeredVersion(db, store, name);
const promote = (identifier: string, model_version = 1) =>
  whileStale(async () => {
    const champion = (await findChampion(db, identifier))?.model_version ?? null;
    const asked = { identifier, model_version, by, reason: 'x', override: false };
    const judgement = { gates: [], policy: presetGatePolicy, champion, figures };
    return inTransaction(db, (tx) => decidePromotion(tx, asked, judgement));
  });
const importOne = (name: string) => {
  const [model, manifest] = [artifactRef(`file of ${name}`), artifactRef(`manifest of ${name}`)];
  const facts = {
    signature: { inputs: [], outputs: [] },
    max_batch: 1,
    classes: {},
    opset: {},
    producer: 'somebody',
  };
  const imported = { name, model, manifest, facts, description: null, tags: {}, source: 'model.onnx' };
  return inTransaction(db, (tx) => importModel(tx, by, imported));
};
const alias = (name: string, version = 1) => setAlias(db, by, { name, alias: 'steady', version });

/** `done`, or the code of the error of ours that it ended with; anything else is a fault, and fails the test. */
async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

const exists = async (name: string, version = 1) =>
  (await db.modelVersion.count({ where: { name, version } })) === 1;

type Act = (name: string) => Promise<unknown>;

/** Both stand before the pointer's lock, in this order, so that neither has seen what the other does. */
async function inOrder(name: string, first: Act, second: Act): Promise<string[]> {
  // Who waits for a row that is there gets it in the order of coming; for one that is being made, in any.
  await inTransaction(db, (tx) => lockPointer(tx, name));
  const held = await openTransaction(db, (tx) => lockPointer(tx, name));
  const outcomes = [outcomeOf(first(name))];
  await waiting(db, 1);
  outcomes.push(outcomeOf(second(name)));
  await waiting(db, 2);
  await held.commit();
  return Promise.all(outcomes);
}

/** As many transactions at once as there are connections for; more would wait for one, and in the end give up. */
const mostAtOnce = 24;
const rounds = 30;

/** All of them at once on one model, and on several models at once; each act comes first for some of them. */
async function atOnce(
  what: string,
  acts: readonly Act[],
  check: (name: string, outcomes: string[]) => unknown,
) {
  const round = async (i: number) => {
    const name = `${what}-${i}`;
    await register(name);
    const order = acts.map((_, place) => (place + i) % acts.length);
    const ended = await Promise.all(order.map((place) => outcomeOf(acts[place]!(name))));
    const outcomes = acts.map((_, place) => ended[order.indexOf(place)]!);
    await check(name, outcomes);
  };
  const together = Math.floor(mostAtOnce / acts.length);
  for (let first = 0; first < rounds; first += together) {
    await Promise.all(Array.from({ length: Math.min(together, rounds - first) }, (_, i) => round(first + i)));
  }
}

const remove: Act = (name) => deleteVersion(db, by, { name, version: 1 });
const archive: Act = (name) => archiveVersion(db, by, { name, version: 1 });
const removeModel: Act = (name) => deleteModel(db, by, name);
const archiveWhole: Act = (name) => archiveModel(db, by, name);
const restoreFirst: Act = (name) => restoreVersion(db, by, { name, version: 1 });
const restoreWhole: Act = (name) => restoreModel(db, by, name);
const promoteFirst: Act = (name) => promote(name);
const aliasFirst: Act = (name) => alias(name);

describe.each([
  ['promoting', promoteFirst, 'deleting', remove, 'conflict', 'not_found'],
  ['promoting', promoteFirst, 'archiving', archive, 'conflict', 'conflict'],
  ['promoting', promoteFirst, 'deleting the model of', removeModel, 'conflict', 'not_found'],
  ['promoting', promoteFirst, 'archiving the model of', archiveWhole, 'conflict', 'conflict'],
  ['naming', aliasFirst, 'deleting', remove, 'conflict', 'not_found'],
  ['naming', aliasFirst, 'archiving', archive, 'conflict', 'conflict'],
] as const)('%s and %s a version', (use, using, end, ending, endRefused, useRefused) => {
  const what = (how: string) => `${use}-${end}-${how}`.replaceAll(' ', '-');

  it(`${use} first: ${end} sees it`, async () => {
    const name = what('first');
    await register(name);
    const outcomes = await inOrder(name, using, ending);
    expect(outcomes).toEqual(['done', endRefused]);
    expect(await exists(name)).toBe(true);
  });

  it(`${end} first: ${use} sees it`, async () => {
    const name = what('second');
    await register(name);
    const outcomes = await inOrder(name, ending, using);
    expect(outcomes).toEqual(['done', useRefused]);
    expect(await db.promotion.count({ where: { identifier: name } })).toBe(0);
    expect(await db.modelAlias.count({ where: { name } })).toBe(0);
  });

  it('at once: one of them is refused, and never the database', async () => {
    await atOnce(what('round'), [using, ending], async (name, outcomes) => {
      expect([
        ['done', endRefused],
        [useRefused, 'done'],
      ]).toContainEqual(outcomes);
      const used =
        (await db.promotion.count({ where: { identifier: name } })) +
        (await db.modelAlias.count({ where: { name } }));
      expect(used > 0).toBe(outcomes[0] === 'done');
    });
  });
});

it('naming a version while its model is deleted leaves neither a name without a model nor an error', async () => {
  await atOnce('named-model', [aliasFirst, removeModel], async (name, [named, deleted]) => {
    expect(deleted).toBe('done');
    expect(['done', 'not_found']).toContain(named);
    expect(await db.modelAlias.count({ where: { name } })).toBe(0);
    expect(await db.registeredModel.count({ where: { name } })).toBe(0);
  });
});

it('all of it at once, with two of each, leaves what fits together', async () => {
  const acts = [promoteFirst, aliasFirst, remove, archive, removeModel, archiveWhole];
  await atOnce('melee', [...acts, ...acts], async (name) => {
    const model = await db.registeredModel.findUnique({
      where: { name },
      include: { aliases: true, versions: { include: { promotions: true } } },
    });
    if (!model) return;
    const [version] = model.versions;
    if (version?.archived_at) expect([model.aliases, version.promotions]).toEqual([[], []]);
    if (model.archived_at) expect(version?.promotions ?? []).toEqual([]);
    if (!version) expect(model.aliases).toEqual([]);
  });
});

describe('an import and the end of its model', () => {
  /** The import has its number and has not committed. */
  const importing = (name: string) =>
    openTransaction(db, async (tx) => {
      await tx.$executeRaw`update registered_models set last_version = last_version + 1 where name = ${name}`;
      await tx.modelVersion.create({
        data: {
          ...(await tx.modelVersion.findFirstOrThrow({
            where: { name },
            select: { name: true, model_type: true, model_sha256: true, manifest_sha256: true },
          })),
          version: 2,
          metrics: {},
        },
      });
    });

  it('a deletion waits for an import that is under way, and takes its version too', async () => {
    await register('import-first');
    const open = await importing('import-first');
    const deleting = deleteModel(db, by, 'import-first');
    await waiting(db, 1);
    await open.commit();
    await deleting;
    expect(await db.modelVersion.count({ where: { name: 'import-first' } })).toBe(0);
    expect(await importOne('import-first')).toBe(3);
  });

  it('an import waits for a deletion that is under way, and makes the model anew', async () => {
    const name = 'delete-first';
    await register(name);
    const open = await openTransaction(db, async (tx) => {
      await tx.modelVersion.deleteMany({ where: { name } });
      await tx.registeredModel.delete({ where: { name } });
      await tx.deletedModel.create({ data: { name, last_version: 1 } });
    });
    const imports = [importOne(name), importOne(name)];
    await waiting(db, 2);
    await open.commit();
    expect(new Set(await Promise.all(imports))).toEqual(new Set([2, 3]));
  });

  it('at once: every import gets a number that nobody had, and no model is left half', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `anew-${i}`);
    await Promise.all(
      names.map(async (name) => {
        const numbers: number[] = [];
        const importing = async () => {
          for (let i = 0; i < 8; i++) numbers.push(await importOne(name));
        };
        const deleting = async () => {
          for (let i = 0; i < 12; i++) {
            const outcome = await outcomeOf(deleteModel(db, by, name));
            expect(['done', 'not_found']).toContain(outcome);
          }
        };
        await Promise.all([importing(), importing(), deleting()]);
        expect(numbers).toHaveLength(16);
        expect(new Set(numbers).size).toBe(16);
        const left = await db.modelVersion.count({ where: { name } });
        expect(await db.registeredModel.count({ where: { name } })).toBe(left > 0 ? 1 : 0);
      }),
    );
    // Some of them were deleted between two imports, and counted on.
    expect(await db.deletedModel.count({ where: { name: { in: names } } })).toBeGreaterThan(0);
  });

  it('an archiving waits for an import that is under way; one that comes after it is refused', async () => {
    const name = 'archive-import';
    await register(name);
    const open = await importing(name);
    const archiving = archiveModel(db, by, name);
    await waiting(db, 1);
    const late = outcomeOf(importOne(name));
    await waiting(db, 2);
    await open.commit();
    await archiving;
    expect(['done', 'conflict']).toContain(await late);
    expect(await outcomeOf(importOne(name))).toBe('conflict');
    await restoreModel(db, by, name);
    expect(await outcomeOf(importOne(name))).toBe('done');
  });

  it('at once with archiving: what came before it is there, what came after it was refused', async () => {
    await atOnce('archived', [importOne, importOne, archiveWhole], async (name, outcomes) => {
      expect(outcomes[2]).toBe('done');
      const imported = outcomes.slice(0, 2).filter((outcome) => outcome === 'done').length;
      expect(outcomes.slice(0, 2).every((outcome) => ['done', 'conflict'].includes(outcome))).toBe(true);
      const versions = await db.modelVersion.findMany({ where: { name, imported: { not: 'null' } } });
      const { archived_at } = await db.registeredModel.findUniqueOrThrow({ where: { name } });
      expect(await db.modelVersion.count({ where: { name } })).toBe(1 + imported);
      for (const { created_at } of versions) expect(created_at <= archived_at!).toBe(true);
    });
  });
});

describe('aliases at once', () => {
  it('are no more than a model may have', async () => {
    const name = 'crowded';
    await register(name);
    await db.modelAlias.createMany({
      data: Array.from({ length: maxAliases - 3 }, (_, i) => ({ name, alias: `a-${i}`, version: 1 })),
    });
    await inTransaction(db, (tx) => lockPointer(tx, name));
    const held = await openTransaction(db, (tx) => lockPointer(tx, name));
    const setting = Array.from({ length: 8 }, (_, i) =>
      outcomeOf(setAlias(db, by, { name, alias: `more-${i}`, version: 1 })),
    );
    await waiting(db, 8);
    await held.commit();
    const outcomes = await Promise.all(setting);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(3);
    expect(await db.modelAlias.count({ where: { name } })).toBe(maxAliases);
  });

  it('moved and deleted leave an audit log in which each change goes on from the one before', async () => {
    const name = 'moved';
    for (let i = 0; i < 3; i++) await register(name);
    const acts = Array.from({ length: 30 }, (_, i) =>
      i % 5 === 4 ? deleteAlias(db, by, name, 'steady') : alias(name, 1 + (i % 3)),
    );
    const outcomes = await Promise.all(acts.map(outcomeOf));
    expect(new Set(outcomes)).toEqual(
      new Set(outcomes.includes('not_found') ? ['done', 'not_found'] : ['done']),
    );
    const entries = await auditOf(db, `/models/${name}/aliases/steady`);
    // Each leads on from another one: a chain from nothing to what is there now.
    const edges = new Map<string, number>();
    const count = (value: unknown, by: number) =>
      edges.set(JSON.stringify(value), (edges.get(JSON.stringify(value)) ?? 0) + by);
    for (const { before, after } of entries) {
      count(before, -1);
      count(after, 1);
    }
    const now = await db.modelAlias.findFirst({ where: { name } });
    count(now ? { version: now.version } : null, -1);
    count(null, 1);
    expect([...edges.values()].every((sum) => sum === 0)).toBe(true);
  });
});

it.each([
  ['a version', '/models/back-a-version/versions/1', 'back-a-version', archive, restoreFirst],
  ['a model', '/models/back-a-model', 'back-a-model', archiveWhole, restoreWhole],
] as const)('%s that many restore at once is restored by one', async (_what, path, name, away, back) => {
  await register(name);
  for (let round = 1; round <= 5; round++) {
    await away(name);
    await Promise.all(Array.from({ length: 8 }, () => back(name)));
    const actions = (await auditOf(db, path)).map(({ action }) => action.split('.')[1]);
    const count = (verb: string) => actions.filter((action) => action === verb).length;
    expect([count('archive'), count('restore')]).toEqual([round, round]);
  }
});

it('a model that two make at once is made by one', async () => {
  const request = { description: null, tags: {} };
  await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      const name = `made-${i}`;
      const making = Array.from({ length: 3 }, () =>
        outcomeOf(inTransaction(db, (tx) => createModel(tx, by, { name, ...request }))),
      );
      expect((await Promise.all(making)).sort()).toEqual(['conflict', 'conflict', 'done']);
    }),
  );
});
