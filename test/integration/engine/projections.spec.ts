import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { AppError } from '../../../src/contracts/app-error.js';
import { buckets, promotionKeys } from '../../../src/contracts/object-keys.js';
import { type CurrentPointer } from '../../../src/contracts/pointer.js';
import { pointerDocument } from '../../../src/engine/pointer-document.js';
import { wantProjections } from '../../../src/engine/want-projections.js';
import { startProjectionWriter, writeProjections } from '../../../src/engine/write-projections.js';
import type { ModelVersion } from '../../../src/generated/prisma/client.js';
import { putByDigest } from '../../../src/platform/object-store/content-address.js';
import { readObject } from '../../../src/platform/object-store/read-object.js';
import { testDatabase } from '../../database.js';
import { promoteModel, trainedModel } from '../../factories/promotion.js';
import { gatedStore } from '../../gated-store.js';
import { temporaryStore } from '../../temporary-store.js';
import { eventually } from '../eventually.js';

const { db } = await testDatabase();
const real = await temporaryStore();

let gate: ReturnType<typeof gatedStore>;
let errors: unknown[];
let deps: Parameters<typeof writeProjections>[0];
let model: ModelVersion;
/** An identifier of each test's own. */
let identifier: string;
let tests = 0;
beforeEach(async () => {
  identifier = `series-${++tests}`;
  gate = gatedStore(real);
  errors = [];
  deps = { db, store: gate.store, onError: (error) => errors.push(error) };
  model = await trainedModel(db, { identifier });
  // The bytes of the trained models are named, not stored: their readable copies are none of these tests' business.
  await db.projection.deleteMany();
});

const text = async (key: string) => (await readObject(real, buckets.promotion, key, 1_000_000)).toString();
const shown = async (key: string) => JSON.parse(await text(key)) as CurrentPointer;
const rowOf = (key: string) =>
  db.projection.findUniqueOrThrow({ where: { bucket_key: { bucket: buckets.promotion, key } } });
const dueNow = () =>
  db.$executeRaw`update projections set not_before = now() - interval '1 second' where not_before is not null`;

it('writes the pointers and the history of a promotion as its row has it', async () => {
  const promotion = await promoteModel(db, model);
  expect(await writeProjections(deps)).toBe(4);
  const { config_hash, created_at } = promotion;
  const document = pointerDocument(promotion);
  for (const key of [
    promotionKeys.root(),
    promotionKeys.identifier(identifier),
    promotionKeys.config(identifier, config_hash),
    promotionKeys.history(identifier, config_hash, created_at.toISOString()),
  ]) {
    expect(await shown(key)).toEqual(document);
  }
  expect(await writeProjections(deps)).toBe(0);
  expect(gate.finished).toHaveLength(4);
});

it('shows under a configuration the newest promotion made under it, also after a rollback to another', async () => {
  const other = await trainedModel(db, { identifier, config_hash: 'decade' });
  const first = await promoteModel(db, model);
  const second = await promoteModel(db, other);
  await promoteModel(db, model, { reason: 'rollback' });
  await writeProjections({ ...deps, store: real });
  expect(await shown(promotionKeys.config(identifier, 'decade'))).toMatchObject({ promotion_id: second.id });
  expect(await shown(promotionKeys.config(identifier, first.config_hash))).toMatchObject({ version: 3 });
  expect(await shown(promotionKeys.identifier(identifier))).toMatchObject({ version: 3 });
});

// The race: one writer has rendered the old rows and is slow; another renders the new ones and stores them; then the
// slow one stores the old ones over them. The lock keeps the second out, and the first looks again before it goes.
it('leaves the newest content behind when a promotion comes while an older one is being stored', async () => {
  const key = promotionKeys.identifier(identifier);
  await promoteModel(db, model);
  const arriving = gate.holdNext(key);
  const slow = writeProjections(deps);
  const held = await arriving;
  const newest = await promoteModel(db, model);

  const quick = { ...deps, store: real };
  await writeProjections(quick);
  await expect(text(key)).rejects.toMatchObject({ code: 'not_found' });
  await held.release();
  await slow;
  expect(await shown(key)).toEqual(pointerDocument(newest));
  expect(await rowOf(key)).toMatchObject({ wanted: 2, written: 2 });
});

it('never goes back to an older content, with four writers and thirty promotions at once', async () => {
  const key = promotionKeys.identifier(identifier);
  const versions: number[] = [];
  const watched = {
    ...deps,
    store: {
      ...real,
      async put(...[bucket, name, body, options]: Parameters<typeof real.put>) {
        const result = await real.put(bucket, name, body, options);
        if (name === key && body instanceof Uint8Array) {
          versions.push((JSON.parse(Buffer.from(body).toString()) as CurrentPointer).version);
        }
        return result;
      },
    },
  };
  const promoted = new AbortController();
  const writer = async () => {
    while (!promoted.signal.aborted) await writeProjections(watched);
  };
  const writers = Array.from({ length: 4 }, writer);
  for (let times = 0; times < 10; times++) {
    await Promise.all([1, 2, 3].map(() => promoteModel(db, model)));
  }
  promoted.abort();
  await Promise.all(writers);
  // A writer that found an object taken leaves it to the one that has it, who may just have looked for the last time.
  await writeProjections(watched);
  expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  expect(await shown(key)).toMatchObject({ version: 30 });
  expect(await db.projection.count({ where: { written: { lt: db.projection.fields.wanted } } })).toBe(0);
  expect(errors).toEqual([]);
});

it('tries again, later each time, what a broken store did not take', async () => {
  const key = promotionKeys.identifier(identifier);
  await promoteModel(db, model);
  gate.fail(new AppError('unavailable', 'the disk is full'));
  for (const [failures, pause] of [
    [1, 500],
    [2, 1_000],
    [3, 2_000],
  ] as const) {
    const [before] = await db.$queryRaw<[{ now: Date }]>`select clock_timestamp() as now`;
    expect(await writeProjections(deps)).toBe(0);
    const [after] = await db.$queryRaw<[{ now: Date }]>`select clock_timestamp() as now`;
    const row = await rowOf(key);
    expect(row).toMatchObject({ written: 0, failures, error: 'the disk is full' });
    expect(row.not_before!.getTime()).toBeGreaterThanOrEqual(before.now.getTime() + pause);
    expect(row.not_before!.getTime()).toBeLessThanOrEqual(after.now.getTime() + pause + 1);
    await dueNow();
  }
  expect(errors).toHaveLength(12);
  gate.fail();
  expect(await writeProjections(deps)).toBe(4);
  expect(await rowOf(key)).toMatchObject({ written: 1, failures: 0, error: null, not_before: null });
});

it('does not put off what was wanted while an older content could not be written', async () => {
  await promoteModel(db, model);
  const failed: string[] = [];
  const put: typeof deps.store.put = async (_, key) => {
    await db.$executeRaw`update projections set wanted = 2 where wanted = 1 and key = ${key}`;
    failed.push(key);
    throw new AppError('unavailable', 'the disk is full');
  };
  await writeProjections({ ...deps, store: { ...gate.store, put } });
  expect(failed).toHaveLength(4);
  for (const key of failed) expect(await rowOf(key)).toMatchObject({ wanted: 2, not_before: null });
});

it('is written by a writer that is woken, and by one that nobody woke', async () => {
  const key = promotionKeys.identifier(identifier);
  const isWritten = () =>
    eventually(
      'the pointer is written',
      async () => (await rowOf(key)).written === (await rowOf(key)).wanted,
    );
  const seldom = startProjectionWriter(deps, {
    intervalMs: 3_600_000,
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => seldom.stop());
  await promoteModel(db, model);
  seldom.wake();
  await isWritten();
  await seldom.stop();

  await db.$executeRaw`update projections set wanted = wanted + 1`;
  const often = startProjectionWriter(deps, { intervalMs: 5, onError: (error) => errors.push(error) });
  onTestFinished(() => often.stop());
  await isWritten();
  expect(errors).toEqual([]);
});

it('leaves an object alone until its pause is over', async () => {
  await promoteModel(db, model);
  gate.fail(new Error('no'));
  await writeProjections(deps);
  gate.fail();
  await db.$executeRaw`update projections set not_before = clock_timestamp() + interval '1 hour'`;
  expect(await writeProjections(deps)).toBe(0);
  await dueNow();
  expect(await writeProjections(deps)).toBe(4);
});

it('does not wait for the pause when the rows have changed meanwhile', async () => {
  const key = promotionKeys.identifier(identifier);
  await promoteModel(db, model);
  gate.fail(new Error('no'));
  await writeProjections(deps);
  await db.$executeRaw`update projections set not_before = clock_timestamp() + interval '1 hour'`;
  gate.fail();
  const newest = await promoteModel(db, model);
  await writeProjections(deps);
  expect(await shown(key)).toMatchObject({ promotion_id: newest.id });
});

it('shows no bytes that are not those of the artifact, and writes the others all the same', async () => {
  const bytes = new TextEncoder().encode('true');
  const file = await putByDigest(real, buckets.artifacts, bytes, 'text/plain');
  const damaged = { ...file, sha256: file.sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
  const want = (key: string, ref: typeof file) =>
    db.$transaction((tx) =>
      wantProjections(tx, buckets.promotion, [
        { key, source: { type: 'artifact', file: ref, content_type: 'text/plain' } },
      ]),
    );
  const [bad, good] = [`${identifier}/a-damaged`, `${identifier}/b-good`];
  await want(bad, damaged);
  await want(good, file);
  expect(await writeProjections(deps)).toBe(1);
  expect(await text(good)).toBe('true');
  await expect(text(bad)).rejects.toMatchObject({ code: 'not_found' });
  expect(await rowOf(bad)).toMatchObject({ failures: 1, written: 0 });
  expect(errors).toMatchObject([{ code: 'invalid_data' }]);
});

it('shows all batches of a day in one file, oldest first', async () => {
  const key = `${identifier}/20240101/results.jsonl`;
  for (const [index, line] of ['{"a":1}\n', '{"b":2}\n'].entries()) {
    const file = await putByDigest(real, buckets.artifacts, new TextEncoder().encode(line), 'text/plain');
    const { sha256, bucket, size } = file;
    await db.artifact.create({ data: { sha256, bucket, key: file.key, size, media_type: 'text/plain' } });
    await db.inferenceBatch.create({
      data: {
        identifier,
        model_version: model.version,
        run_id: model.run_id ?? '',
        prediction_hash: `batch-${index}`,
        sha256,
        day: '20240101',
      },
    });
    await db.$transaction((tx) =>
      wantProjections(tx, buckets.promotion, [
        { key, source: { type: 'inference_log', identifier, day: '20240101' } },
      ]),
    );
    await writeProjections(deps);
  }
  expect(await text(key)).toBe('{"a":1}\n{"b":2}\n');
});
