import path from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { migrate } from '../../prisma/migrate.js';
import { PipelineRun } from '../../src/contracts/pipeline-run.js';
import { Problem } from '../../src/contracts/problem.js';
import { keepPostgres } from '../../src/local/keep-postgres.js';
import { isOutage } from '../../src/platform/database/outage.js';
import { parseAnswer } from '../http/parse-answer.js';
import { howToGetSmallDisk, smallDisk } from '../small-disk.js';
import { testStack } from './stack.js';
import { until } from './until.js';

const disk = smallDisk(256);
if (!disk) {
  describe.skip(`a database whose disk is full (skipped: ${howToGetSmallDisk})`, () => {
    it('costs runs nothing but time', () => expect.fail('there is no small disk'));
  });
} else {
  const said: string[] = [];
  const dataDir = path.join(disk.folder, 'postgres');
  const postgres = await keepPostgres({ dataDir, durable: false }, (line) => said.push(line));
  afterAll(() => postgres.stop());
  await migrate(postgres.url);
  const { client, testWorker } = await testStack({ databaseUrl: postgres.url });

  /** Triggers runs until one is refused: PostgreSQL first uses up what room there is in its files. */
  const triggerUntilRefused = async (): Promise<{ ids: string[]; refusal: Problem }> => {
    const ids: string[] = [];
    const refusal = await until('a run is refused', async () => {
      const answer = await client.post('/pipeline-runs', { pipeline: 'selftest', parameters: {} });
      if (answer.status === 202) {
        ids.push(parseAnswer(PipelineRun, answer).id);
        return undefined;
      }
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      return parseAnswer(Problem, answer);
    });
    return { ids, refusal };
  };

  it('a full database costs runs nothing but time, and is named in what is answered meanwhile', async () => {
    await testWorker();
    const running = await client.trigger({ step_ms: 3_000 }, 'selftest');
    await client.when(running, 'a step runs', ({ steps }) => steps.some(({ state }) => state === 'RUNNING'));
    disk.fill();
    const { ids, refusal } = await triggerUntilRefused();
    expect(refusal.detail).toContain('The disk of the database is full');
    expect((await client.call('/pipeline-runs')).status).toBe(200);

    disk.free();
    for (const id of [running, ...ids]) expect((await client.ended(id)).state).toBe('SUCCEEDED');
  });

  it('a PostgreSQL that a full disk has ended is started again when there is space', async () => {
    await testWorker();
    const running = await client.trigger({ step_ms: 3_000 }, 'selftest');
    await client.when(running, 'a step runs', ({ steps }) => steps.some(({ state }) => state === 'RUNNING'));
    disk.fill();
    const { ids } = await triggerUntilRefused();
    await writeLogUntilItEnds(postgres.url);
    await until('it has been started in vain', () => said.some((line) => line.includes('did not start')));
    const { refusal } = await triggerUntilRefused();
    expect(refusal.detail).toContain('The database does not answer');

    disk.free();
    await until(
      'the gateway has found it again',
      async () => (await client.call('/health/ready')).status === 200,
    );
    for (const id of [running, ...ids]) expect((await client.ended(id)).state).toBe('SUCCEEDED');
  });
}

/** PostgreSQL gives up when there is no room for what it has to write before anything else: its own log. */
async function writeLogUntilItEnds(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    for (;;) await client.query(`select pg_logical_emit_message(false, 'test', repeat('x', 8000000))`);
  } catch (error) {
    // What it says on its way out, or what a session hears of it.
    expect(isOutage(error)).toBe(true);
  } finally {
    await client.end().catch(() => {});
  }
}
