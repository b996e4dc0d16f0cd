import { expect, it } from 'vitest';
import { writeAudit } from '../../../src/engine/write-audit.js';
import { testDatabase } from '../../database.js';
import { caller } from '../../factories/caller.js';

const { db } = await testDatabase();

it('the database refuses to change, delete or empty what was noted', async () => {
  await writeAudit(db, caller('ada'), {
    action: 'run.delete',
    subject: '/pipeline-runs/1',
    before: { a: 1 },
  });
  const before = await db.auditEntry.findMany();
  expect(before).toHaveLength(1);
  const refused = 'is refused: history is only added to';
  await expect(db.$executeRaw`update audit_entries set actor = 'bob'`).rejects.toThrow(refused);
  await expect(db.$executeRaw`delete from audit_entries`).rejects.toThrow(refused);
  await expect(db.$executeRaw`truncate audit_entries`).rejects.toThrow(refused);
  await expect(db.$executeRaw`truncate audit_entries cascade`).rejects.toThrow(refused);
  await expect(db.auditEntry.updateMany({ data: { after: {} } })).rejects.toThrow();
  await expect(db.auditEntry.deleteMany()).rejects.toThrow();
  expect(await db.auditEntry.findMany()).toEqual(before);
});

// A transaction may wait for a lock that another one holds: by its own beginning it would stand before that one.
it('entries are dated when they are written, by the database', async () => {
  const written = await db.$transaction(async (tx) => {
    const [{ began }] = await tx.$queryRaw<[{ began: Date }]>`select now() as began`;
    await tx.$queryRaw`select pg_sleep(0.05)::text`;
    await writeAudit(tx, caller('late'), { action: 'run.create', subject: '/pipeline-runs/2' });
    const [{ ended }] = await tx.$queryRaw<[{ ended: Date }]>`select clock_timestamp() as ended`;
    return { began: began.getTime(), ended: ended.getTime() };
  });
  const entry = await db.auditEntry.findFirstOrThrow({ where: { actor: 'late' } });
  expect(entry.created_at.getTime()).toBeGreaterThanOrEqual(written.began + 50);
  expect(entry.created_at.getTime()).toBeLessThanOrEqual(written.ended + 1);
});
