import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { testApp } from '../../app.js';
import { eventually } from '../../integration/eventually.js';
import { ownPostgres } from '../../own-postgres.js';
import { rawRequest } from '../raw-request.js';

const postgres = await ownPostgres();
const { url, db } = await testApp({ databaseUrl: postgres.url });

it('an export that the database goes away under breaks off, and does not look whole', async () => {
  const count = 20_000;
  await db.$executeRaw`
    insert into audit_entries (id, actor, action, subject, after)
    select gen_random_uuid(), 'ada', 'run.create', '/pipeline-runs/' || n, jsonb_build_object('text', repeat('x', 1500))
    from generate_series(1, ${count}::int) as n`;
  const request = http.get(`${url}/audit/export`, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const fault = once(response, 'error');
  await postgres.stop();
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  expect(await fault).toMatchObject([{ code: 'ECONNRESET' }]);
  expect(response.complete).toBe(false);
  const lines = text.split('\n').length;
  expect(lines).toBeGreaterThan(100);
  expect(lines).toBeLessThan(count);

  await postgres.start();
  await eventually('another one is whole', async () => {
    const { status, text: whole } = await rawRequest(url, '/audit/export');
    return status === 200 && whole.split('\n').length === count + 1;
  });
});
