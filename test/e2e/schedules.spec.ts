import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeDue, dueSchedule } from '../factories/schedule.js';
import { testStack } from './stack.js';
import { until } from './until.js';

const stack = await testStack();
const { db, client } = stack;
const markers = mkdtempSync(path.join(tmpdir(), 'trainyard-schedules-'));
afterAll(() => rmSync(markers, { recursive: true }));
beforeAll(() => stack.startWorker());

const runsOf = ({ id }: { id: string }) => db.pipelineRun.findMany({ where: { schedule_id: id } });

it.each(['create_before_commit', 'create_after_commit'] as const)(
  'a gateway that is killed over the time of a schedule, at %s, neither loses it nor doubles it',
  async (point) => {
    const schedule = await dueSchedule(db, { next_at: new Date('2099-01-01') });
    const marker = path.join(markers, point);
    const port = { PORT: '0' };
    const doomed = await stack.startGateway({ ...port, TRAINYARD_FAILPOINT: `${point}@${marker}` });
    // The other one is paused, so that it is this one that sees the time.
    stack.gateway.signal('SIGSTOP');
    await makeDue(db, schedule);
    expect(await doomed.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(existsSync(marker)).toBe(true);
    expect(await runsOf(schedule)).toHaveLength(point === 'create_before_commit' ? 0 : 1);
    stack.gateway.signal('SIGCONT');
    const [run] = await until('its run is there', async () => {
      const runs = await runsOf(schedule);
      return runs.length > 0 ? runs : undefined;
    });
    expect(await client.ended(run!.id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await runsOf(schedule)).toHaveLength(1);
  },
);

it('two gateways let every time come once', async () => {
  const second = await stack.startGateway({ PORT: '0' });
  const answer = await client.post('/schedules', {
    name: 'every second',
    pipeline: 'selftest',
    interval_seconds: 1,
    overlap: 'queue',
  });
  expect(answer.status).toBe(201);
  const schedule = await db.schedule.findUniqueOrThrow({ where: { name: 'every second' } });
  await until('five times have come', async () => ((await runsOf(schedule)).length >= 5 ? true : undefined));
  const first = Date.parse((JSON.parse(answer.text) as { next_at: string }).next_at);
  await client.call(`/schedules/${schedule.id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ enabled: false }),
  });
  const { last_at } = await db.schedule.findUniqueOrThrow({ where: { id: schedule.id } });
  const passed = 1 + Math.floor((last_at!.getTime() - first) / 1_000);
  expect((await runsOf(schedule)).length).toBeLessThanOrEqual(passed);
  await second.kill();
});
