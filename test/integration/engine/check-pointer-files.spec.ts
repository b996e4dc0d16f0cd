import { beforeEach, expect, it } from 'vitest';
import { AppError } from '../../../src/contracts/app-error.js';
import { buckets, promotionKeys } from '../../../src/contracts/object-keys.js';
import { checkPointerFiles, type RepairReason } from '../../../src/engine/check-pointer-files.js';
import { writeProjections } from '../../../src/engine/write-projections.js';
import { readObject } from '../../../src/platform/object-store/read-object.js';
import { testDatabase } from '../../database.js';
import { promoteModel, trainedModel } from '../../factories/promotion.js';
import { temporaryStore } from '../../temporary-store.js';

const { db } = await testDatabase();
const store = await temporaryStore();

let repairs: RepairReason[];
let woken: number;
beforeEach(() => {
  repairs = [];
  woken = 0;
});

const deps = {
  db,
  store,
  onRepair: (reason: RepairReason) => repairs.push(reason),
  writer: { wake: () => void woken++ },
};
async function write(): Promise<number> {
  // The bytes of trained models are named in these tests, and not stored.
  await db.projection.deleteMany({ where: { bucket: { not: buckets.promotion } } });
  return writeProjections({ db, store, onError: (error) => expect.unreachable(String(error)) });
}
const check = () => checkPointerFiles(deps, '');
const text = async (key: string) => (await readObject(store, buckets.promotion, key, 1_000_000)).toString();

async function promoted(identifier: string): Promise<string[]> {
  const model = await trainedModel(db, { identifier });
  const { config_hash, created_at } = await promoteModel(db, model);
  await write();
  return [
    promotionKeys.root(),
    promotionKeys.identifier(identifier),
    promotionKeys.config(identifier, config_hash),
    promotionKeys.history(identifier, config_hash, created_at.toISOString()),
  ];
}

it('leaves alone what is as it should be', async () => {
  await promoted('well');
  expect(await check()).toBe('');
  expect([repairs, woken]).toEqual([[], 0]);
  expect(await write()).toBe(0);
});

it.each<[string, RepairReason, (key: string, content: string) => Promise<unknown>]>([
  ['missing', 'missing', (key) => store.remove(buckets.promotion, key)],
  ['torn', 'altered', (key, content) => put(key, content.slice(0, content.length / 2))],
  ['hand-edited', 'altered', (key, content) => put(key, content.replace('"score"', '"scare"'))],
  ['emptied', 'altered', (key) => put(key, '')],
  ['overgrown', 'altered', (key) => put(key, ' '.repeat(100_000))],
  ['from before', 'altered', (key, content) => put(key, content.replace('"version": 1', '"version": 0'))],
])('has every file that is %s written again', async (what, reason, harm) => {
  const keys = await promoted(`harmed-${what.replaceAll(' ', '-')}`);
  const before = await Promise.all(keys.map(text));
  for (const [i, key] of keys.entries()) await harm(key, before[i]!);
  await check();
  expect(repairs).toEqual(Array(4).fill(reason));
  expect(woken).toBe(4);
  expect(await write()).toBe(4);
  expect(await Promise.all(keys.map(text))).toEqual(before);
  repairs = [];
  await check();
  expect(repairs).toEqual([]);
});

it('takes no file for altered that is about to be written, and counts a fault once for two gateways', async () => {
  const identifier = 'twice';
  const model = await trainedModel(db, { identifier });
  await promoteModel(db, model);
  await check();
  expect(repairs).toEqual([]);
  await write();
  await store.remove(buckets.promotion, promotionKeys.identifier(identifier));
  await Promise.all([check(), check(), check()]);
  expect(repairs).toEqual(['missing']);
  await write();
});

it('goes through many files in batches, to the last one and from the start again', async () => {
  const identifier = 'many';
  const model = await trainedModel(db, { identifier });
  for (let i = 0; i < 60; i++) await promoteModel(db, model);
  while ((await write()) > 0);
  const newest = await db.promotion.findFirstOrThrow({ where: { identifier }, orderBy: { version: 'desc' } });
  const history = promotionKeys.history(identifier, newest.config_hash, newest.created_at.toISOString());
  await store.remove(buckets.promotion, history);
  let after = '';
  let turns = 0;
  do {
    after = await checkPointerFiles(deps, after);
    turns += 1;
  } while (after !== '');
  expect(turns).toBeGreaterThan(1);
  expect(repairs).toEqual(['missing']);
});

function put(key: string, content: string) {
  return store.put(buckets.promotion, key, Buffer.from(content), { contentType: 'application/json' });
}

it('has a file written again that was edited below the store, which then refuses it', async () => {
  const [, key] = await promoted('below');
  const get: typeof store.get = (bucket, asked, range) =>
    asked === key
      ? Promise.reject(new AppError('invalid_data', 'it was changed by something else'))
      : store.get(bucket, asked, range);
  await checkPointerFiles({ ...deps, store: { ...store, get } }, '');
  expect(repairs).toEqual(['altered']);
  await write();
});
