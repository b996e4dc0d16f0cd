import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { auditActions } from '../../../src/contracts/audit.js';
import type { Prisma } from '../../../src/generated/prisma/client.js';
import { testApp } from '../../app.js';
import { expectProblem } from '../expect-problem.js';
import { SentPage } from './changes-of.js';

const { http, db } = await testApp();

const at = (hour: number) => new Date(Date.UTC(2024, 0, 1, hour));
const entry = (values: Partial<Prisma.AuditEntryCreateManyInput> & { created_at?: Date }) => ({
  id: randomUUID(),
  actor: 'ada',
  action: 'run.create',
  subject: `/pipeline-runs/${randomUUID()}`,
  created_at: at(12),
  ...values,
});
const page = async (query: object) => {
  const { text } = await http.get('/audit').query(query).expect(200);
  return SentPage.parse(JSON.parse(text));
};
const ids = async (query: object) => (await page({ limit: 200, ...query })).items.map(({ id }) => id);

/** The export of the same, which is the other way round. */
const exported = async (query: object) => {
  const { text } = await http.get('/audit/export').query(query).expect(200);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { id: string }).id)
    .toReversed();
};

describe('the audit log can be narrowed', () => {
  const entries = [
    entry({ subject: '/models/churn', action: 'model.create', created_at: at(0) }),
    entry({ subject: '/models/churn/versions/1', action: 'version.import', created_at: at(1) }),
    entry({ subject: '/models/churn-2', action: 'model.create', actor: 'bob', created_at: at(2) }),
    entry({
      subject: '/models/churn/versions/10',
      action: 'version.import',
      actor: 'bob',
      created_at: at(3),
    }),
    entry({ subject: '/objects/dataset/a_b/100%.csv', action: 'object.put', created_at: at(4) }),
    entry({ subject: '/objects/dataset/axb/100x.csv', action: 'object.put', created_at: at(5) }),
    entry({ subject: '/workers', action: 'workers.pause', request_id: 'r:1.a-b_c', created_at: at(6) }),
    entry({ subject: '/schedules/1', action: 'schedule.update', actor: 'schedule a, b', created_at: at(7) }),
    entry({ subject: '/models/Churn/versions/1', action: 'version.import', created_at: at(8) }),
    // Of a version of this software that we do not know.
    entry({ subject: '/moons/1', action: 'moon.land', created_at: at(9) }),
  ];
  beforeAll(() => db.auditEntry.createMany({ data: entries }));

  it.each([
    [{}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
    [{ actor: 'bob' }, [3, 2]],
    [{ actor: 'schedule a, b' }, [7]],
    [{ actor: 'b' }, []],
    [{ action: 'model.create' }, [2, 0]],
    [{ action: 'model.create,workers.pause' }, [6, 2, 0]],
    [{ action: 'workers.pause,model.create,model.create' }, [6, 2, 0]],
    [{ subject: '/models/churn' }, [3, 1, 0]],
    [{ subject: '/models/churn/' }, [3, 1, 0]],
    [{ subject: '/models/churn/versions' }, [3, 1]],
    [{ subject: '/models/churn/versions/1' }, [1]],
    [{ subject: '/models' }, [8, 3, 2, 1, 0]],
    [{ subject: '/model' }, []],
    [{ subject: '/' }, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
    // `_` and `%` are no wildcards, and a backslash escapes nothing.
    [{ subject: '/objects/dataset/a_b' }, [4]],
    [{ subject: '/objects/dataset/a_b/100%.csv' }, [4]],
    [{ subject: '/objects/%' }, []],
    [{ subject: '/objects/dataset/a\\_b' }, []],
    [{ subject: '/objects/dataset\\' }, []],
    [{ request_id: 'r:1.a-b_c' }, [6]],
    [{ request_id: 'r:1' }, []],
    [{ created_after: at(7).toISOString() }, [9, 8, 7]],
    [{ created_before: at(2).toISOString() }, [1, 0]],
    [{ created_after: '2024-01-01T03:00:00+02:00', created_before: '2024-01-01T03:00:00Z' }, [2, 1]],
    [
      {
        actor: 'bob',
        action: 'version.import',
        subject: '/models/churn',
        created_after: at(3).toISOString(),
      },
      [3],
    ],
  ])('by %j, as a list and as an export', async (query, expected) => {
    const found = expected.map((index) => entries[index]!.id);
    expect(await ids(query)).toEqual(found);
    expect(await exported(query)).toEqual(found);
  });

  it.each([
    ['actor=', 'actor'],
    ['actor=%00', 'actor'],
    [`actor=${'x'.repeat(201)}`, 'actor'],
    ['actor=a&actor=b', 'actor'],
    ['action=', 'action'],
    ['action=run.create,', 'action'],
    ['action=run.dance', 'action'],
    ['action=RUN.CREATE', 'action'],
    ['action=run.create&action=run.cancel', 'action'],
    ['subject=', 'subject'],
    ['subject=models/churn', 'subject'],
    ['subject=/models/%00', 'subject'],
    [`subject=/${'x'.repeat(1_200)}`, 'subject'],
    ['request_id=', 'request_id'],
    ['request_id=a%20b', 'request_id'],
    [`request_id=${'x'.repeat(101)}`, 'request_id'],
    ['created_after=yesterday', 'created_after'],
    ['created_before=0000-01-01T00:00:00Z', 'created_before'],
  ])('and not by %s: the answer says what would be right', async (query, path) => {
    for (const list of ['/audit', '/audit/export']) {
      const { errors } = expectProblem(await http.get(`${list}?${query}`), 400, 'invalid_request');
      expect(errors?.map((error) => error.path)).toEqual([path]);
      expect(errors?.[0]?.message).toMatch(/must|expected/);
    }
    expect((await http.head(`/audit/export?${query}`)).status).toBe(400);
  });

  it('names the actions that there are when it is asked for another one', async () => {
    const { errors } = expectProblem(await http.get('/audit?action=run.dance'), 400);
    for (const action of auditActions) expect(errors?.[0]?.message).toContain(action);
  });
});

describe('page by page', () => {
  const hours = 5;
  // Many of them at the same time, so that pages end between equal ones.
  const entries = Array.from({ length: 60 }, (_, i) => entry({ actor: 'paged', created_at: at(i % hours) }));
  const newestFirst = entries
    .toSorted((a, b) => b.created_at.getTime() - a.created_at.getTime() || (a.id < b.id ? 1 : -1))
    .map(({ id }) => id);
  beforeAll(() => db.auditEntry.createMany({ data: entries }));

  it('it is seen whole and in one order, whatever the sizes of the pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 }),
        async (sizes) => {
          const seen: string[] = [];
          let cursor: string | undefined;
          for (let i = 0; i === 0 || cursor !== undefined; i++) {
            const limit = sizes[i % sizes.length]!;
            const { items, next_cursor } = await page({ actor: 'paged', limit, cursor });
            seen.push(...items.map(({ id }) => id));
            cursor = next_cursor ?? undefined;
          }
          expect(seen).toEqual(newestFirst);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('entries that are written meanwhile come before the first page, and change none behind it', async () => {
    const first = await page({ actor: 'paged', limit: 25 });
    await db.auditEntry.create({ data: entry({ actor: 'paged', created_at: at(24) }) });
    const second = await page({ actor: 'paged', limit: 25, cursor: first.next_cursor });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(newestFirst.slice(0, 50));
  });

  it('a cursor belongs to its filters', async () => {
    const { next_cursor: cursor } = await page({ actor: 'paged', action: 'run.create,run.cancel', limit: 1 });
    const again = (query: object) => http.get('/audit').query({ actor: 'paged', cursor, ...query });
    expect((await again({ action: 'run.cancel,run.create', limit: 2 })).status).toBe(200);
    expectProblem(await again({ action: 'run.create' }), 400, 'invalid_request');
    expectProblem(await http.get('/audit').query({ limit: 0 }), 400, 'invalid_request');
  });
});
