import { afterEach, expect, it } from 'vitest';
import { testApp } from '../../app.js';
import { newSelftest } from '../../factories/run.js';
import { eventually } from '../../integration/eventually.js';
import { ownPostgres } from '../../own-postgres.js';
import { AttemptJournal } from '../../../workers/attempt-journal.js';
import { readEvents } from '../event-reader.js';
import { expectProblem } from '../expect-problem.js';
import { rawRequest } from '../raw-request.js';

const postgres = await ownPostgres();
const { url, db } = await testApp({
  databaseUrl: postgres.url,
  environment: { EVENTS_HEARTBEAT_SECONDS: '0.2' },
});
afterEach(() => postgres.start());

it('a stream goes on after an outage, with every line that was said meanwhile, once', async () => {
  const run = await newSelftest(db);
  const attempt = await run.claim('first');
  const faults: unknown[] = [];
  const journal = new AttemptJournal(db, attempt.lease, (error) => faults.push(error));
  const reader = await readEvents(url, run.id);
  const messages = () =>
    reader.events.filter(({ event }) => event === 'log').map(({ data }) => String(data.message));
  journal.onLog({ level: 'info', message: 'before' });
  await eventually('the line before', () => messages().includes('before'));

  await postgres.stop();
  for (let i = 0; i < 1_500; i++) journal.onLog({ level: 'info', message: `meanwhile ${i}` });
  await eventually('it was tried in vain', () => faults.length > 0);
  const heard = reader.comments.length;
  await eventually('the connection is kept alive', () => reader.comments.length > heard + 2);
  expectProblem(await rawRequest(url, `/pipeline-runs/${run.id}/events`), 503, 'unavailable');

  await postgres.start();
  await eventually('the last line', () => messages().includes('meanwhile 1499'));
  journal.onLog({ level: 'info', message: 'after' });
  // Nothing but the poll may tell of it until the connection for news is made again.
  await eventually('the line after', () => messages().includes('after'));
  await eventually('the end is written', async () => {
    await journal.flush().catch(() => {});
    return attempt.fail({ permanent: true }).catch(() => undefined);
  });
  await reader.ended;
  expect(messages().slice(1, -1)).toEqual([
    'before',
    ...Array.from({ length: 1_500 }, (_, i) => `meanwhile ${i}`),
    'after',
  ]);
  const numbers = reader.events.flatMap(({ id }) => (id === undefined ? [] : [id]));
  expect(numbers).toEqual(Array.from({ length: (await run.row()).last_event }, (_, index) => index + 1));
  journal.close();
});
