import { buckets, promotionKeys } from '../../src/contracts/object-keys.js';
import type { RunState, StepState } from '../../src/contracts/states.js';
import { pointerDocument } from '../../src/engine/pointer-document.js';
import { sweepOrphans } from '../../src/engine/sweep-artifacts.js';
import { runTransitions, stepTransitions } from '../../src/engine/transitions.js';
import type { Database } from '../../src/platform/database/database.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import { readObject } from '../../src/platform/object-store/read-object.js';

const MiB = 1024 * 1024;

/** Each returns what is wrong: nothing, it is to be hoped. Every process has ended by then. */
export const books: Record<string, (db: Database, store: ObjectStore) => Promise<unknown[]>> = {
  'every run has ended, and so have its steps': (db) =>
    db.$queryRaw`
      select r.id, r.state::text, s.name, s.state::text as step
      from pipeline_runs r join steps s on s.run_id = r.id
      where r.state not in ('SUCCEEDED', 'FAILED', 'CANCELED') or s.state in ('PENDING', 'QUEUED', 'RUNNING')`,

  'a step succeeded by one attempt, or was reused': (db) =>
    db.$queryRaw`
      select s.run_id, s.name, s.state::text, count(a.number)::int as successes
      from steps s left join attempts a on a.run_id = s.run_id and a.step = s.name and a.outcome = 'SUCCEEDED'
      group by s.run_id, s.name
      having count(a.number) <> (case when s.state = 'SUCCEEDED' and s.cached_from_run_id is null then 1 else 0 end)`,

  'no attempt, lease or tracked run is left open': (db) =>
    db.$queryRaw`
      select 'attempt' as what, run_id::text, step as name from attempts where outcome is null
      union all select 'lease', run_id::text, name from steps where lease_token is not null
      union all select 'tracked run', run_id, name from tracked_runs where status = 'RUNNING'`,

  'a step that failed failed by its own count, and left a dead letter': (db) =>
    db.$queryRaw`
      select s.run_id, s.name, s.failures, s.outages, s.crashes, s.error from steps s
      where s.state = 'FAILED' and (
        not exists (select 1 from dead_letters d where d.run_id = s.run_id and d.step = s.name)
        or not (s.failures >= 3 or s.outages >= 60 or s.crashes >= 5 or (s.error->>'permanent')::boolean))`,

  'the events of a run are numbered from 1 without a gap': (db) =>
    db.$queryRaw`
      select r.id, r.last_event, count(e.number)::int as events, count(distinct e.number)::int as numbers, max(e.number)
      from pipeline_runs r join (
        select run_id, number from state_history union all select run_id, number from run_events) e on e.run_id = r.id
      group by r.id
      having count(e.number) <> r.last_event or count(distinct e.number) <> r.last_event or max(e.number) <> r.last_event`,

  async 'every change of state is one that exists'(db) {
    const changes = await db.stateChange.findMany({ orderBy: [{ run_id: 'asc' }, { number: 'asc' }] });
    const now = new Map<string, string>();
    return changes.filter(({ run_id, step, state }) => {
      const key = `${run_id} ${step ?? ''}`;
      const before = now.get(key) ?? (step === null ? undefined : 'PENDING');
      now.set(key, state);
      if (before === undefined) return state !== 'PENDING';
      const allowed: readonly string[] =
        step === null ? runTransitions[before as RunState] : stepTransitions[before as StepState];
      return !allowed.includes(state);
    });
  },

  'promotions stand in one order, and the pointers name the last': (db) =>
    db.$queryRaw`
      select p.identifier, count(*)::int as promotions, max(p.version) as last, o.version as pointer
      from promotions p left join pointers o on o.identifier = p.identifier
      group by p.identifier, o.version, o.promotion_id
      having count(*) <> max(p.version) or max(p.version) is distinct from o.version
        or o.promotion_id is distinct from (
          select l.id from promotions l where l.identifier = p.identifier order by l.version desc limit 1)`,

  'every accepted request was promoted once, and no other': (db) =>
    db.$queryRaw`
      select q.id, q.verdict::text, p.id as promotion
      from promotion_requests q left join promotions p on p.request_id = q.id
      where (q.verdict = 'accepted') <> (p.id is not null)`,

  'a run whose evaluate accepted a model has its promotion': (db) =>
    db.$queryRaw`
      select s.run_id, s.outputs->>'promotion_id' as promotion from steps s
      left join promotions p on p.pipeline_run_id = s.run_id
      where s.type = 'evaluate' and s.state = 'SUCCEEDED'
        and (s.outputs->>'promotion_id') is distinct from p.id::text`,

  async 'the pointer files are those of their rows'(db, store) {
    const pointers = await db.pointer.findMany({ include: { promotion: true } });
    const wrong = [];
    for (const { identifier, promotion } of pointers) {
      if (!promotion) continue;
      const key = identifier === '*' ? promotionKeys.root() : promotionKeys.identifier(identifier);
      const text = (await readObject(store, buckets.promotion, key, MiB)).toString();
      const row = JSON.stringify(pointerDocument(promotion));
      if (JSON.stringify(JSON.parse(text)) !== row) wrong.push({ key, text, row });
    }
    return wrong;
  },

  'every readable object is written': (db) => db.$queryRaw`select * from projections where written < wanted`,

  'the bytes of every row are there': async (db, store) => {
    const artifacts = await db.artifact.findMany();
    const checks = artifacts.map(async ({ bucket, key, size }) => {
      const found = await store.head(bucket, key).catch(() => undefined);
      return found?.size === Number(size) ? [] : [{ bucket, key }];
    });
    return (await Promise.all(checks)).flat();
  },

  // Bytes of attempts that were killed before their commit: nothing may be left when they have been swept, and nothing
  // that has a row may be swept with them.
  'no object is left without a row after the sweep': async (db, store) => {
    await sweepOrphans(db, store, -1);
    const keys: string[] = [];
    for await (const { key } of store.list(buckets.artifacts, '')) keys.push(key);
    const rows = new Set((await db.artifact.findMany()).map(({ key }) => key));
    return [
      ...keys.filter((key) => !rows.has(key)),
      ...[...rows].filter((key) => !keys.includes(key)).map((key) => `missing: ${key}`),
    ];
  },

  'no session waits in a transaction, and no lock is held': (db) =>
    db.$queryRaw`
      select pid, state, query from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%' and pid <> pg_backend_pid()
      union all
      select pid, 'advisory lock', null from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
};
