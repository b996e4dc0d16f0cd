import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ModelVersion } from '../../../src/contracts/registry.js';
import { testApp } from '../../app.js';
import { churnModel } from '../../factories/foreign-models.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';
import { importModel, sendModel } from '../registry/import-form.js';
import { changesOf } from './changes-of.js';

const app = await testApp();

describe('a model that is imported', () => {
  it('is noted as the version that it became', async () => {
    const file = churnModel();
    const fields = { name: 'churn', description: 'who leaves', tags: { team: 'growth' } };
    const { version, sha256, run_id } = await importModel(app, file, fields, { filename: 'my.onnx' });
    expect(await changesOf(app, { subject: '/models/churn' })).toEqual([
      {
        actor: 'anonymous',
        action: 'version.import',
        subject: `/models/churn/versions/${version}`,
        before: null,
        after: { sha256, run_id, source: 'my.onnx', description: 'who leaves', tags: fields.tags },
        request_id: expect.any(String),
      },
    ]);
  });

  it('is noted once under one Idempotency-Key, and not at all when it is refused', async () => {
    const key = randomUUID();
    const send = () => sendModel(app, churnModel(), { name: 'once' }, { key });
    const sent = [await send(), await send()].map((answer) => parseAnswer(ModelVersion, answer).version);
    expect(sent).toEqual([1, 1]);
    expect(await changesOf(app, { subject: '/models/once' })).toHaveLength(1);
    expectProblem(await sendModel(app, Buffer.from('no model'), { name: 'refused' }), 422, 'unprocessable');
    expect(await changesOf(app, { subject: '/models/refused' })).toEqual([]);
  });
});
