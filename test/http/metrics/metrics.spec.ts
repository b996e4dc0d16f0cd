import { expect, it } from 'vitest';
import { testApp } from '../../app.js';
import { newSelftest } from '../../factories/run.js';

const { http, db, queues } = await testApp();

/** The value of a sample: `trainyard_queue_jobs{kind="train"}`. */
async function sample(name: string): Promise<number | undefined> {
  const { text, status, headers } = await http.get('/metrics');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}

it('counts runs and open steps by state', async () => {
  const run = await newSelftest(db);
  await newSelftest(db);
  await run.succeed('first');
  expect(await sample('trainyard_pipeline_runs{pipeline="selftest",state="RUNNING"}')).toBe(1);
  expect(await sample('trainyard_pipeline_runs{pipeline="selftest",state="PENDING"}')).toBe(1);
  expect(await sample('trainyard_steps{kind="train",state="QUEUED"}')).toBe(3);
  await run.succeed('left', 'middle', 'right', 'join', 'last');
  expect(await sample('trainyard_pipeline_runs{pipeline="selftest",state="SUCCEEDED"}')).toBe(1);
  // No run is in this state any more: its last value must not stay.
  expect(await sample('trainyard_pipeline_runs{pipeline="selftest",state="RUNNING"}')).toBeUndefined();
});

it('shows how many jobs wait in each queue', async () => {
  expect(await sample('trainyard_queue_jobs{kind="infer"}')).toBe(0);
  await queues.add([{ kind: 'infer', id: 'job', payload: {}, priority: 0, delayMs: 60_000 }]);
  expect(await sample('trainyard_queue_jobs{kind="infer"}')).toBe(1);
});

it('times requests by the pattern of their route, not by their path', async () => {
  const id = '01933b5e-0000-7000-8000-000000000000';
  await http.get(`/pipeline-runs/${id}`);
  await http.get(`/nothing/${id}`);
  const count = (labels: string) => sample(`trainyard_http_request_seconds_count{${labels}}`);
  expect(await count('method="GET",route="/pipeline-runs/:id",status="404"')).toBe(1);
  expect(await count('method="GET",route="unknown",status="404"')).toBe(1);
  expect((await http.get('/metrics')).text).not.toContain(id);
});

it('has the figures of its own process', async () => {
  expect(await sample('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
});
