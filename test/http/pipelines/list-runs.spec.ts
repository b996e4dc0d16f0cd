import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { runSortColumns } from '../../../src/contracts/list-pipeline-runs.js';
import { PipelineRunPage } from '../../../src/contracts/pipeline-run.js';
import type { Prisma } from '../../../src/generated/prisma/client.js';
import { testApp } from '../../app.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db } = await testApp();

const at = (hour: number) => new Date(Date.UTC(2024, 0, 1, hour));
const run = (values: Partial<Prisma.PipelineRunUncheckedCreateInput>) => ({
  id: randomUUID(),
  pipeline: 'selftest',
  identifier: 'listed',
  parameters: {},
  created_by: 'tester',
  ...values,
});
const list = async (query: object) =>
  parseAnswer(PipelineRunPage, await http.get('/pipeline-runs').query(query));
const ids = async (query: object) => (await list({ limit: 200, ...query })).items.map(({ id }) => id);

describe('the list of runs can be narrowed', () => {
  const schedule_id = randomUUID();
  const original = randomUUID();
  const runs = [
    run({ id: original, state: 'SUCCEEDED', config_hash: 'aa11', created_at: at(0) }),
    run({ state: 'FAILED', config_hash: 'aa11', created_at: at(1), cloned_from: original }),
    run({ state: 'CANCELED', config_hash: 'bb22', created_at: at(2), cloned_from: original, schedule_id }),
    run({ state: 'FAILED', pipeline: 'forecasting', identifier: 'other', created_at: at(3), schedule_id }),
    run({ state: 'RUNNING', created_at: at(4) }),
  ];
  const tags = [
    [0, 'team', 'energy'],
    [0, 'site', 'a:b'],
    [1, 'team', 'energy'],
    [1, 'site', 'north'],
    [2, 'team', 'water'],
    [3, 'team', ''],
    [3, 'teams', 'energy'],
  ] as const;

  beforeAll(async () => {
    await db.schedule.create({
      data: {
        id: schedule_id,
        name: 'nightly',
        pipeline: 'selftest',
        parameters: {},
        time_zone: 'UTC',
        created_by: 'tester',
      },
    });
    await db.pipelineRun.createMany({ data: runs });
    await db.pipelineRunTag.createMany({
      data: tags.map(([index, key, value]) => ({ run_id: runs[index]!.id, key, value })),
    });
  });

  it.each([
    [{ state: 'FAILED' }, [3, 1]],
    [{ state: 'FAILED,CANCELED' }, [3, 2, 1]],
    [{ state: 'CANCELED,FAILED,FAILED' }, [3, 2, 1]],
    [{ identifier: 'other' }, [3]],
    [{ pipeline: 'selftest', state: 'FAILED' }, [1]],
    [{ config_hash: 'aa11' }, [1, 0]],
    [{ config_hash: 'aa1' }, []],
    [{ schedule_id }, [3, 2]],
    [{ cloned_from: original }, [2, 1]],
    [{ cloned_from: original, schedule_id }, [2]],
    [{ schedule_id: randomUUID() }, []],
    [{ tag: 'team' }, [3, 2, 1, 0]],
    [{ tag: 'team:energy' }, [1, 0]],
    [{ tag: 'team:' }, [3]],
    [{ tag: 'site:a:b' }, [0]],
    [{ tag: ['team:energy', 'site'] }, [1, 0]],
    [{ tag: ['team:energy', 'site:north'] }, [1]],
    [{ tag: ['team:energy', 'team:water'] }, []],
    [{ tag: 'Team' }, []],
    [{ created_after: at(2).toISOString() }, [4, 3, 2]],
    [{ created_before: at(2).toISOString() }, [1, 0]],
    [{ created_after: '2024-01-01T03:00:00+02:00', created_before: '2024-01-01T03:00:00Z' }, [2, 1]],
    [{ created_after: at(3).toISOString(), created_before: at(1).toISOString() }, []],
    [{ created_after: '0001-01-01T00:00:00Z', created_before: '9999-12-31T23:59:59Z' }, [4, 3, 2, 1, 0]],
  ])('by %j', async (query, expected) => {
    expect(await ids(query)).toEqual(expected.map((index) => runs[index]!.id));
  });

  it.each([
    ['state=FAILED,', 'state'],
    ['state=FAILED,DONE', 'state'],
    ['state=failed', 'state'],
    ['state=FAILED&state=CANCELED', 'state'],
    ['pipeline=%00', 'pipeline'],
    ['pipeline=a%2Fb', 'pipeline'],
    ['config_hash=6CE7', 'config_hash'],
    ['tag=', 'tag.0'],
    ['tag=:energy', 'tag.0'],
    ['tag=team&tag=%C3%A9t%C3%A9', 'tag.1'],
    ['tag=team:%00', 'tag.0'],
    [`tag=team:${'x'.repeat(501)}`, 'tag.0'],
    [Array.from({ length: 21 }, (_, i) => `tag=t${i}`).join('&'), 'tag'],
    ['created_after=yesterday', 'created_after'],
    ['created_after=2024-01-01', 'created_after'],
    ['created_after=2024-02-30T00:00:00Z', 'created_after'],
    ['created_after=2024-01-01T00:00:00', 'created_after'],
    ['created_after=2024-01-01T00:00:00+02:00', 'created_after'],
    ['created_before=0000-01-01T00:00:00Z', 'created_before'],
    ['created_before=0001-01-01T00:00:00%2B14:00', 'created_before'],
    ['created_before=9999-12-31T23:59:59-14:00', 'created_before'],
    ['schedule_id=nightly', 'schedule_id'],
    ['cloned_from=17', 'cloned_from'],
    ['sort=identifier', 'sort'],
    ['sort=--priority', 'sort'],
    ['sort=', 'sort'],
  ])('and not by %s, and says what would be right', async (query, path) => {
    const { errors } = expectProblem(await http.get(`/pipeline-runs?${query}`), 400, 'invalid_request');
    expect(errors?.map((error) => error.path)).toEqual([path]);
    expect(errors?.[0]?.message).not.toBe('Invalid input');
  });
});

describe('the order of runs', () => {
  const identifier = 'ordered';
  const runs = [
    run({ identifier, created_at: at(1), started_at: at(5), ended_at: at(9), priority: 0 }),
    run({ identifier, created_at: at(2), started_at: at(4), ended_at: null, priority: 100 }),
    run({ identifier, created_at: at(3), started_at: null, ended_at: null, priority: -100 }),
    run({ identifier, created_at: at(4), started_at: at(6), ended_at: at(8), priority: 9 }),
  ];
  beforeAll(() => db.pipelineRun.createMany({ data: runs }));

  it.each([
    [undefined, [3, 2, 1, 0]],
    ['-created_at', [3, 2, 1, 0]],
    ['created_at', [0, 1, 2, 3]],
    ['started_at', [1, 0, 3, 2]],
    ['-started_at', [3, 0, 1, 2]],
    ['priority', [2, 0, 3, 1]],
    ['-priority', [1, 3, 0, 2]],
  ])('is that of sort=%s', async (sort, expected) => {
    expect(await ids({ identifier, sort })).toEqual(expected.map((index) => runs[index]!.id));
  });

  it.each([
    ['ended_at', [3, 0]],
    ['-ended_at', [0, 3]],
  ])('has runs that have not ended last for %s, by id', async (sort, ended) => {
    const open = [runs[1]!.id, runs[2]!.id].sort();
    const expected = [
      ...ended.map((index) => runs[index]!.id),
      ...(sort === 'ended_at' ? open : open.reverse()),
    ];
    expect(await ids({ identifier, sort })).toEqual(expected);
    const paged = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await list({ identifier, sort, limit: 1, ...(cursor && { cursor }) });
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(expected);
  });
});

describe('pages', () => {
  // Few values, so that many runs share theirs.
  const moment = fc.integer({ min: 0, max: 3 }).map((ms) => new Date(Date.UTC(2024, 5, 1) + ms));
  const later = fc.option(moment, { nil: null, freq: 2 });
  const priority = fc.integer({ min: -1, max: 1 });
  const someRun = fc.record({ created_at: moment, started_at: later, ended_at: later, priority });
  const sort = fc.constantFrom(...runSortColumns.flatMap((column) => [column, `-${column}`] as const));

  it('lose no run and repeat none, in the order of one page, while others are added', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(someRun, { maxLength: 14 }),
        fc.array(fc.array(someRun, { maxLength: 2 }), { maxLength: 6 }),
        sort,
        fc.integer({ min: 1, max: 5 }),
        async (first, added, sort, limit) => {
          const identifier = randomUUID();
          const add = (values: readonly Partial<Prisma.PipelineRunUncheckedCreateInput>[]) =>
            db.pipelineRun.createMany({ data: values.map((value) => run({ identifier, ...value })) });
          await add(first);
          const before = await ids({ identifier, sort });
          expect(before).toHaveLength(first.length);
          const seen: string[] = [];
          for (let page = 0, cursor: string | null | undefined; cursor !== null; page++) {
            const { items, next_cursor } = await list({
              identifier,
              sort,
              limit,
              ...(cursor && { cursor }),
            });
            seen.push(...items.map(({ id }) => id));
            cursor = next_cursor;
            await add(added[page] ?? []);
          }
          expect(new Set(seen).size).toBe(seen.length);
          const there = new Set(before);
          expect(seen.filter((id) => there.has(id))).toEqual(before);
          // Those that were added stand where they belong, too: what was seen is in the order of one page.
          const all = await ids({ identifier, sort });
          const shown = new Set(seen);
          expect(all.filter((id) => shown.has(id))).toEqual(seen);
        },
      ),
      { numRuns: 40 },
    );
  });
});
