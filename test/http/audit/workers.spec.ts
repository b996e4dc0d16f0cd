import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testApp } from '../../app.js';
import { changesOf } from './changes-of.js';

const app = await testApp();
const { http } = app;
beforeEach(() => http.post('/workers/resume').expect(200));

const post = (action: string, request: string, body?: object) =>
  http.post(`/workers/${action}`).set('x-request-id', request).send(body).expect(200);
const about = (request_id: string) => changesOf(app, { request_id });

describe('kinds of step', () => {
  it('that are paused and resumed are noted with why', async () => {
    await post('pause', 'pause-1', { kinds: ['train', 'infer', 'train'], reason: 'new data' });
    expect(await about('pause-1')).toEqual([
      {
        actor: 'anonymous',
        action: 'workers.pause',
        subject: '/workers',
        before: { kinds: ['infer', 'train'], paused: false },
        after: { kinds: ['infer', 'train'], paused: true, reason: 'new data' },
        request_id: 'pause-1',
      },
    ]);
    await post('resume', 'resume-1', { kinds: ['train'] });
    expect(await about('resume-1')).toEqual([
      {
        actor: 'anonymous',
        action: 'workers.resume',
        subject: '/workers',
        before: { kinds: ['train'], paused: true },
        after: { kinds: ['train'], paused: false },
        request_id: 'resume-1',
      },
    ]);
  });

  it('that are what they are asked to be already are left out', async () => {
    await post('pause', 'pause-2', { kinds: ['train'] });
    await post('pause', 'pause-3', { kinds: ['train'], reason: 'another' });
    expect(await about('pause-3')).toEqual([]);
    await post('pause', 'pause-4');
    expect(await about('pause-4')).toMatchObject([
      { before: { kinds: ['evaluate', 'infer', 'preprocess'] } },
    ]);
    await post('resume', 'resume-2');
    await post('resume', 'resume-3');
    expect(await about('resume-2')).toHaveLength(1);
    expect(await about('resume-3')).toEqual([]);
  });

  it('are noted once when several pause them at once, and once when several resume them', async () => {
    const before = await changesOf(app, { subject: '/workers' });
    const many = (action: string) =>
      Promise.all([1, 2, 3, 4].map(() => http.post(`/workers/${action}`).expect(200)));
    await many('pause');
    await many('resume');
    const changes = (await changesOf(app, { subject: '/workers' })).slice(before.length);
    const paused = changes.filter(({ action }) => action === 'workers.pause');
    const kindsOf = (list: typeof changes) =>
      list.flatMap(({ before: was }) => z.array(z.string()).parse(was?.kinds)).toSorted();
    const kinds = ['evaluate', 'infer', 'preprocess', 'train'];
    expect(kindsOf(paused)).toEqual(kinds);
    expect(kindsOf(changes.filter(({ action }) => action === 'workers.resume'))).toEqual(kinds);
  });
});
