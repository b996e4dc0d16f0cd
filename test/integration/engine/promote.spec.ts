import { describe, expect, it, onTestFinished } from 'vitest';
import { globalPointer } from '../../../src/engine/promote.js';
import type { ModelVersion, Promotion } from '../../../src/generated/prisma/client.js';
import { listenForNews } from '../../../src/platform/database/news.js';
import { testDatabase } from '../../database.js';
import { promoteIn, promoteModel, trainedModel } from '../../factories/promotion.js';
import { eventually } from '../eventually.js';

const { db, url } = await testDatabase();

const times = (rows: readonly Promotion[]) => rows.map(({ created_at }) => created_at.getTime());
const isIncreasing = (values: readonly number[]) =>
  values.every((value, index) => index === 0 || value > values[index - 1]!);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const pointerOf = (identifier: string) => db.pointer.findUniqueOrThrow({ where: { identifier } });

it('puts fifty promotions of one identifier that are made at once into one order', async () => {
  const identifier = 'contended';
  const models = [await trainedModel(db, { identifier }), await trainedModel(db, { identifier })] as const;
  await Promise.all(Array.from({ length: 50 }, (_, index) => promoteModel(db, models[index % 2 ? 1 : 0])));
  const rows = await db.promotion.findMany({ where: { identifier }, orderBy: { version: 'asc' } });
  expect(rows.map(({ version }) => version)).toEqual(upTo(50));
  expect(isIncreasing(times(rows))).toBe(true);
  // Each replaces the one before it: nobody decided on a pointer that was gone.
  expect(rows.map(({ replaces }) => replaces)).toEqual([null, ...rows.slice(0, -1).map(({ id }) => id)]);

  const last = rows.at(-1)!;
  expect(await pointerOf(identifier)).toMatchObject({ version: 50, promotion_id: last.id });
  expect(await db.modelAlias.findMany({ where: { name: identifier } })).toMatchObject([
    { alias: 'champion', version: last.model_version },
  ]);
  const promoted = await db.runTag.findMany({ where: { key: 'promoted' } });
  expect(promoted.map(({ run_id }) => run_id)).toEqual([last.run_id]);
});

it('gives increasing times although the clock stands still or goes back', async () => {
  const identifier = 'from-the-future';
  const model = await trainedModel(db, { identifier });
  const { id: _, ...row } = await promoteModel(db, model);
  // What a clock that was an hour fast would have left behind; the row itself cannot be changed.
  const ahead = new Date(Date.now() + 3_600_000);
  const { id: request_id } = await db.promotionRequest.create({
    data: { identifier, model_version: model.version, actor: 'operator', gates: [], verdict: 'accepted' },
  });
  const { id: promotion_id } = await db.promotion.create({
    data: { ...row, weights: {}, request_id, version: 2, created_at: ahead },
  });
  await db.pointer.update({ where: { identifier }, data: { version: 2, promotion_id } });
  const next = [await promoteModel(db, model), await promoteModel(db, model)];
  expect(times(next)).toEqual([ahead.getTime() + 1, ahead.getTime() + 2]);
});

it('puts promotions of several identifiers into one order, which the root file follows', async () => {
  const models = [
    await trainedModel(db, { identifier: 'east' }),
    await trainedModel(db, { identifier: 'west' }),
  ];
  const before = (await pointerOf(globalPointer)).version;
  // In its own transaction, right after it promoted: the number that the root pointer has then.
  const promoteAndLook = (model: ModelVersion) =>
    db.$transaction(
      async (tx) => {
        const promotion = await promoteIn(tx, model);
        const { version } = await tx.pointer.findUniqueOrThrow({ where: { identifier: globalPointer } });
        return { promotion, root: version };
      },
      { maxWait: 20_000, timeout: 20_000 },
    );
  const made = await Promise.all(
    Array.from({ length: 30 }, (_, index) => promoteAndLook(models[index % models.length]!)),
  );
  const ordered = made.toSorted((a, b) => a.root - b.root);
  expect(ordered.map(({ root }) => root - before)).toEqual(upTo(30));
  expect((await pointerOf(globalPointer)).promotion_id).toBe(ordered.at(-1)?.promotion.id);
  for (const identifier of ['east', 'west']) {
    const own = ordered.filter(({ promotion }) => promotion.identifier === identifier);
    expect(own.map(({ promotion }) => promotion.version)).toEqual(upTo(15));
  }
});

it('leaves nothing of a promotion whose transaction is rolled back', async () => {
  const identifier = 'undone';
  const model = await trainedModel(db, { identifier });
  const root = await pointerOf(globalPointer);
  const undone = db.$transaction(async (tx) => {
    await promoteIn(tx, model);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  expect(await db.promotion.count({ where: { identifier } })).toBe(0);
  expect(await db.pointer.findUnique({ where: { identifier } })).toBeNull();
  expect(await pointerOf(globalPointer)).toEqual(root);
  expect(await db.modelAlias.count({ where: { name: identifier } })).toBe(0);
});

it('tells who listens, when and only if it is committed', async () => {
  const heard: string[] = [];
  const faults: Error[] = [];
  const listener = listenForNews(
    url,
    (news) => news.kind === 'promotion' && heard.push(news.identifier),
    (error) => faults.push(error),
  );
  onTestFinished(() => listener.close());
  const [kept, undone] = [
    await trainedModel(db, { identifier: 'heard' }),
    await trainedModel(db, { identifier: 'unheard' }),
  ];
  await eventually('somebody listens', async () => {
    const [row] = await db.$queryRaw<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and query = 'listen trainyard'`;
    return row?.count === 1;
  });
  await db
    .$transaction(async (tx) => {
      await promoteIn(tx, undone);
      throw new Error('undone');
    })
    .catch(() => {});
  await promoteModel(db, kept);
  await eventually('the news is there', () => heard.length > 0);
  expect(heard).toEqual(['heard']);
  expect(faults).toEqual([]);
});

describe('the database', () => {
  it('refuses to change, delete or empty what was promoted', async () => {
    const { id } = await promoteModel(db, await trainedModel(db, { identifier: 'kept' }));
    const refused = 'is refused: history is only added to';
    await expect(db.$executeRaw`update promotions set rmse = 0 where id = ${id}::uuid`).rejects.toThrow(
      refused,
    );
    await expect(db.$executeRaw`delete from promotions where id = ${id}::uuid`).rejects.toThrow(refused);
    await expect(db.$executeRaw`truncate promotions cascade`).rejects.toThrow(refused);
    await expect(db.promotion.update({ where: { id }, data: { reason: 'another' } })).rejects.toThrow();
    await expect(db.promotion.deleteMany()).rejects.toThrow();
    expect(await db.promotion.findUnique({ where: { id } })).toMatchObject({ rmse: null, reason: null });
  });

  it('refuses to delete a run, a request or a model that a promotion rests on', async () => {
    const model = await trainedModel(db, { identifier: 'rested-on' });
    const { request_id } = await promoteModel(db, model);
    await expect(db.promotionRequest.delete({ where: { id: request_id } })).rejects.toThrow();
    await expect(db.modelVersion.deleteMany({ where: { name: 'rested-on' } })).rejects.toThrow();
  });

  it('takes one promotion per request and per place in the order', async () => {
    const model = await trainedModel(db, { identifier: 'unique' });
    const { request_id } = await promoteModel(db, model);
    await expect(promoteModel(db, model, { request_id })).rejects.toMatchObject({ code: 'P2002' });
  });
});
