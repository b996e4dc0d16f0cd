import { describe, expect, it } from 'vitest';
import { Liveness, Readiness } from '../../../src/contracts/health.js';
import { testApp } from '../../app.js';
import { gatedStore } from '../../gated-store.js';
import { temporaryStore } from '../../temporary-store.js';
import { parseAnswer } from '../parse-answer.js';

let fault: Error | undefined;
const { store } = gatedStore(await temporaryStore());
const { http } = await testApp({
  store: { ...store, ping: () => (fault ? Promise.reject(fault) : store.ping()) },
});
const never = () => new Promise<never>(() => {});
const stuck = await testApp({
  queues: { add: never, depths: never, close: () => Promise.resolve() },
});

it('is alive while the process is', async () => {
  const answer = await http.get('/health/live');
  expect(answer.status).toBe(200);
  expect(parseAnswer(Liveness, answer)).toEqual({ status: 'ok' });
});

describe('readiness', () => {
  it('is there when everything answers', async () => {
    const answer = await http.get('/health/ready');
    expect(answer.status).toBe(200);
    expect(parseAnswer(Readiness, answer)).toEqual({
      status: 'ok',
      checks: {
        database: { status: 'ok' },
        queue: { status: 'ok' },
        objects: { status: 'ok' },
        models: { status: 'ok' },
      },
    });
  });

  it('names what is down, says why, and comes back with it', async () => {
    fault = new Error('no disk');
    const answer = await http.get('/health/ready');
    fault = undefined;
    expect(answer.status).toBe(503);
    expect(parseAnswer(Readiness, answer)).toEqual({
      status: 'failed',
      checks: {
        database: { status: 'ok' },
        queue: { status: 'ok' },
        objects: { status: 'failed', error: 'no disk' },
        models: { status: 'ok' },
      },
    });
    expect((await http.get('/health/ready')).status).toBe(200);
  });

  it('does not wait for ever for what does not answer, and stays alive meanwhile', async () => {
    const asked = stuck.http.get('/health/ready').then((answer) => answer);
    expect((await stuck.http.get('/health/live')).status).toBe(200);
    const { status, text } = await asked;
    expect(status).toBe(503);
    expect(parseAnswer(Readiness, { text }).checks).toMatchObject({
      database: { status: 'ok' },
      queue: { status: 'failed', error: 'no answer in 2000 ms' },
    });
  });
});
