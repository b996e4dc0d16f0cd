import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buckets, processedKey } from '../../../src/contracts/object-keys.js';
import { deleteRun } from '../../../src/engine/delete-run.js';
import { retain } from '../../../src/engine/retention.js';
import { spareMs, sweepArtifacts, sweepOrphans } from '../../../src/engine/sweep-artifacts.js';
import { writeProjections } from '../../../src/engine/write-projections.js';
import { lockPointer } from '../../../src/engine/promote.js';
import type { ArtifactRef } from '../../../src/contracts/artifact-ref.js';
import { putByDigest } from '../../../src/platform/object-store/content-address.js';
import type { ObjectStore } from '../../../src/platform/object-store/object-store.js';
import { testDatabase } from '../../database.js';
import { caller } from '../../factories/caller.js';
import { newRun, type TestRun, trainers } from '../../factories/run.js';
import { openTransaction } from '../../open-transaction.js';
import { temporaryStore } from '../../temporary-store.js';
import { waiting } from '../../waiting.js';

const { db } = await testDatabase();
const store = await temporaryStore();

const ended = async (
  identifier: string,
  decision: { accepted?: boolean } = {},
  config_hash: string = randomUUID(),
) => {
  const run = await newRun(db, { identifier, config_hash });
  await run.succeed('preprocess', ...trainers);
  await (await run.claim('evaluate')).succeed({ accepted: false, ...decision });
  const { state } = await run.row();
  if (state === 'RUNNING') await run.succeed('infer');
  return { ...run, config_hash };
};
const versions = (identifier: string) => db.modelVersion.count({ where: { name: identifier } });
const wanted = (bucket: string, prefix: string) =>
  db.projection.findMany({ where: { bucket, key: { startsWith: prefix } } });

describe('deleting a run', () => {
  it('takes its rows, its models and their tracked runs with it, but for the model that was asked to be promoted', async () => {
    const run = await ended('plain');
    expect(await versions('plain')).toBe(3);
    await deleteRun(db, run.id, caller('tester'));
    expect(await db.pipelineRun.findUnique({ where: { id: run.id } })).toBeNull();
    const where = { run_id: run.id };
    const left = await Promise.all([
      db.step.count({ where }),
      db.attempt.count({ where }),
      db.stateChange.count({ where }),
      db.runArtifact.count({ where }),
    ]);
    expect(left).toEqual([0, 0, 0, 0]);
    const request = await db.promotionRequest.findFirstOrThrow({ where: { identifier: 'plain' } });
    const kept = await db.modelVersion.findMany({ where: { name: 'plain' } });
    expect(kept.map(({ version }) => version)).toEqual([request.model_version]);
    const tracked = await db.trackedRun.findMany({ where: { pipeline_run_id: run.id } });
    expect(tracked.map(({ run_id }) => run_id)).toEqual([kept[0]!.run_id]);
  });

  it('has its readable objects deleted', async () => {
    const run = await ended('readable');
    const key = processedKey('readable', run.config_hash, 'processed_data.parquet');
    await store.put(buckets.processed, key, Buffer.from('a table'));
    await deleteRun(db, run.id, caller('tester'));
    const problems: unknown[] = [];
    await writeProjections({
      db,
      store,
      onError: (error, { key: at }) => at === key && problems.push(error),
    });
    await expect(store.head(buckets.processed, key)).rejects.toMatchObject({ code: 'not_found' });
    expect(await wanted(buckets.processed, `readable/${run.config_hash}/`)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('leaves the tables of a configuration to the runs that had the same', async () => {
    const first = await ended('shared', {}, 'same');
    await ended('shared', {}, 'same');
    await deleteRun(db, first.id, caller('tester'));
    const projections = await wanted(buckets.processed, 'shared/same/');
    expect(projections).toHaveLength(3);
    expect(projections.every(({ source }) => JSON.stringify(source).includes('artifact'))).toBe(true);
  });

  it('is refused while it goes on, and for what is not there', async () => {
    const run = await newRun(db, { identifier: 'open' });
    await expect(deleteRun(db, run.id, caller('tester'))).rejects.toMatchObject({ code: 'conflict' });
    await run.claim('preprocess');
    await expect(deleteRun(db, run.id, caller('tester'))).rejects.toMatchObject({ code: 'conflict' });
    await expect(deleteRun(db, randomUUID(), caller('tester'))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is refused for what is or was promoted', async () => {
    const before = await ended('champion', { accepted: true });
    await ended('champion', { accepted: true });
    for (const { id } of [before])
      await expect(deleteRun(db, id, caller('tester'))).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('promotion 1 of champion'),
      });
    expect((await before.row()).state).toBe('SUCCEEDED');
  });

  // Whoever promotes holds the pointer from before it looks at the models until its commit.
  it('waits for a promotion of the identifier that is on its way', async () => {
    const run = await ended('racing');
    const held = await openTransaction(db, (tx) => lockPointer(tx, 'racing'));
    const deleting = deleteRun(db, run.id, caller('tester'));
    await waiting(db, 1);
    expect(await versions('racing')).toBe(3);
    await held.commit();
    await deleting;
    expect(await versions('racing')).toBe(1);
  });
});

/** Bytes that were stored `ageMs` ago, and their row. */
async function stored(content: string, ageMs: number): Promise<ArtifactRef> {
  const file = await putByDigest(store, buckets.artifacts, Buffer.from(content), 'text/plain');
  const { sha256, bucket, key, size } = file;
  const data = { bucket, key, size, media_type: 'text/plain', created_at: new Date(Date.now() - ageMs) };
  await db.artifact.upsert({ where: { sha256 }, create: { sha256, ...data }, update: data });
  return file;
}

/** The store as it looks so much later. */
const later = (ms: number): ObjectStore => ({
  ...store,
  async head(bucket, key) {
    const info = await store.head(bucket, key);
    return { ...info, lastModified: new Date(info.lastModified.getTime() - ms) };
  },
});
const old = later(spareMs + 60_000);
const isThere = async ({ bucket, key }: ArtifactRef) =>
  store.head(bucket, key).then(
    () => true,
    () => false,
  );
const rowOf = ({ sha256 }: ArtifactRef) => db.artifact.findUnique({ where: { sha256 } });

describe('the sweep', () => {
  it('deletes bytes that nothing refers to, and their row', async () => {
    const file = await stored('unused', 2 * spareMs);
    expect(await sweepArtifacts(db, old)).toBeGreaterThan(0);
    expect([await isThere(file), await rowOf(file)]).toEqual([false, null]);
  });

  it('spares what is young, by its row or by its bytes', async () => {
    const row = await stored('young row', spareMs / 2);
    const bytes = await stored('young bytes', 2 * spareMs);
    await sweepArtifacts(db, store);
    expect([await isThere(row), await isThere(bytes)]).toEqual([true, true]);
    expect((await rowOf(bytes))?.swept_at).toBeNull();
  });

  it('spares what a run refers to', async () => {
    const run = await newRun(db);
    const file = await stored('referred to', 2 * spareMs);
    await db.runArtifact.create({ data: { run_id: run.id, sha256: file.sha256 } });
    await sweepArtifacts(db, old);
    expect(await isThere(file)).toBe(true);
    await db.runArtifact.deleteMany({ where: { run_id: run.id } });
    await sweepArtifacts(db, old);
    expect(await isThere(file)).toBe(false);
  });

  it('goes on where a process died between the mark and the bytes, and between the bytes and the row', async () => {
    const [marked, half] = [await stored('marked', 2 * spareMs), await stored('half', 2 * spareMs)];
    await db.artifact.updateMany({
      where: { sha256: { in: [marked.sha256, half.sha256] } },
      data: { swept_at: new Date() },
    });
    await store.remove(half.bucket, half.key);
    await sweepArtifacts(db, old);
    expect([await isThere(marked), await rowOf(marked), await rowOf(half)]).toEqual([false, null, null]);
  });

  it('keeps what is referred to again after the mark', async () => {
    const run = await newRun(db);
    const attempt = await run.claim('preprocess');
    const completion = await attempt.completion();
    const { sha256 } = await stored('train rows', 2 * spareMs);
    await db.artifact.update({ where: { sha256 }, data: { swept_at: new Date() } });
    await attempt.finish(completion);
    expect((await db.artifact.findUniqueOrThrow({ where: { sha256 } })).swept_at).toBeNull();
  });
});

it('bytes without a row are deleted when they are old: their attempt died before it could name them', async () => {
  const [orphan, named] = [Buffer.from('an orphan'), Buffer.from('named')];
  const file = await putByDigest(store, buckets.artifacts, orphan, 'text/plain');
  await stored(named.toString(), 0);
  expect(await sweepOrphans(db, store)).toBe(0);
  expect(await isThere(file)).toBe(true);
  expect(await sweepOrphans(db, store, -1)).toBeGreaterThan(0);
  expect(await isThere(file)).toBe(false);
  expect(await isThere(await putByDigest(store, buckets.artifacts, named, 'text/plain'))).toBe(true);
});

it('old bytes are stored anew, so that they are not deleted before somebody refers to them', async () => {
  let puts = 0;
  const counted = (as: ObjectStore): ObjectStore => ({
    ...as,
    put: (...args) => {
      puts += 1;
      return as.put(...args);
    },
  });
  const bytes = Buffer.from('stored twice');
  for (const as of [store, store, later(spareMs / 4), later(spareMs * 0.6)])
    await putByDigest(counted(as), buckets.artifacts, bytes, 'text/plain');
  expect(puts).toBe(2);
});

describe('retention', () => {
  const age = (run: TestRun, days: number) =>
    db.pipelineRun.update({
      where: { id: run.id },
      data: { ended_at: new Date(Date.now() - days * 24 * 3_600_000) },
    });
  const isLeft = async (run: TestRun) => (await db.pipelineRun.count({ where: { id: run.id } })) === 1;

  it('deletes runs that ended long ago, but for those that were promoted', async () => {
    const [fresh, aged] = [await ended('fresh'), await ended('aged')];
    const promoted = await ended('kept', { accepted: true });
    await age(fresh, 6);
    await age(aged, 8);
    await age(promoted, 8);
    await retain({ db, store });
    expect(await isLeft(aged)).toBe(true);
    expect(await retain({ db, store, maxAgeDays: 7 })).toBe(1);
    expect([await isLeft(fresh), await isLeft(aged), await isLeft(promoted)]).toEqual([true, false, true]);
  });
});
