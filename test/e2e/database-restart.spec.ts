import { expect, it } from 'vitest';
import { Readiness } from '../../src/contracts/health.js';
import { Problem } from '../../src/contracts/problem.js';
import { parseAnswer } from '../http/parse-answer.js';
import { ownPostgres } from '../own-postgres.js';
import { expectPromotedOnce } from './expect-promoted-once.js';
import { isTraining, longRun } from './long-run.js';
import { isLiving, stepProcessesOf } from './process-list.js';
import { testStack } from './stack.js';
import { until } from './until.js';
import { whileAway } from './while-away.js';

const postgres = await ownPostgres();
const stack = await testStack({ databaseUrl: postgres.url });
const { client, testWorker } = stack;
const isReady = async () => (await client.call('/health/ready')).status === 200;

it('a run goes on after PostgreSQL was restarted three times under it', async () => {
  await testWorker();
  const id = await client.trigger({ ...longRun, identifier: 'restarted' });
  await client.when(id, 'it trains', isTraining);
  for (let restarts = 0; restarts < 3; restarts++) {
    await postgres.stop();
    await postgres.start();
    await until('the gateway has found it again', isReady);
  }
  await expectPromotedOnce(stack, await client.ended(id));
});

it('a run goes on after PostgreSQL was away for much longer than a lease, as is said meanwhile', async () => {
  const worker = await testWorker();
  const id = await client.trigger({ ...longRun, epochs: 400, identifier: 'away' });
  await client.when(id, 'it trains', isTraining);
  const busy = stepProcessesOf(worker.pid);
  await whileAway({ cut: () => postgres.stop(), restore: () => postgres.start() }, async () => {
    const ready = await client.call('/health/ready');
    expect(ready.status).toBe(503);
    expect(Readiness.parse(JSON.parse(ready.text)).checks.database?.status).toBe('failed');
    const answer = await client.post('/pipeline-runs', { pipeline: 'selftest', parameters: {} });
    expect(parseAnswer(Problem, answer)).toMatchObject({
      status: 503,
      detail: 'The database does not answer at the moment; try again soon.',
    });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    // What it cannot renew may soon be another's: it ends the work by itself, without a database to ask.
    await until('the worker has given up what it held', () => busy.some((pid) => !isLiving(pid)));
  });
  // Beside the outage, it trains twice.
  await expectPromotedOnce(stack, await client.ended(id, 130_000));
});
