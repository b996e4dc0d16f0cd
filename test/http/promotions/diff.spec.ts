import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { PromotionDiff } from '../../../src/contracts/promotion-diff.js';
import { testApp } from '../../app.js';
import { houseModel } from '../../factories/column-models.js';
import { importedModel } from '../../factories/imported-model.js';
import { promoteModel } from '../../factories/promotion.js';
import { storedModel } from '../../factories/served-model.js';
import { temporaryStore } from '../../temporary-store.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp({ store: await temporaryStore() });

const compare = async (from: string, to: string) =>
  parseAnswer(PromotionDiff, await http.get('/promotions/diff').query({ from, to }));

it('shows parameters, metrics, data and builds of two promotions', async () => {
  const identifier = 'compared';
  const first = await storedModel(db, store, { identifier, window: 4 });
  const second = await storedModel(db, store, { identifier, window: 6, metrics: { rmse: 0.08 }, seed: 2 });
  const [a, b] = [
    await promoteModel(db, first.version, { score: 0.5 }),
    await promoteModel(db, second.version, { score: 0.4 }),
  ];
  const diff = await compare(a.id, b.id);
  expect(diff).toMatchObject({
    from: { id: a.id, version: 1, model_version: 1, sha256: first.version.model_sha256, build: 'test' },
    to: { id: b.id, version: 2, model_version: 2, build: 'test' },
    same_model: false,
    parameters: [{ name: 'input_seq_len', from: '4', to: '6' }],
    data: [{ role: 'train', same: true }],
  });
  const change = (name: string) => diff.metrics.find((metric) => metric.name === name);
  expect(change('rmse')).toMatchObject({ from: 0.1, to: 0.08, change: expect.closeTo(-0.02, 12) });
  expect(change('mae')).toMatchObject({ change: 0 });
  expect(change('score')).toMatchObject({ from: 0.5, to: 0.4 });
  expect(await compare(a.id, a.id)).toMatchObject({ same_model: true, parameters: [] });
});

it('shows as null what is not known', async () => {
  const identifier = 'unknown-things';
  const trained = await storedModel(db, store, { identifier });
  const imported = await importedModel(db, store, identifier, houseModel());
  const [a, b] = [await promoteModel(db, trained.version), await promoteModel(db, imported)];
  const file = await db.artifact.findUniqueOrThrow({ where: { sha256: trained.version.manifest_sha256 } });
  await store.remove(file.bucket, file.key);
  expect(await compare(a.id, b.id)).toMatchObject({
    from: { build: null },
    to: { build: null, model_type: 'ONNX' },
    data: [{ role: 'train', to: null, same: false }],
  });
});

it.each([
  [{ from: randomUUID(), to: randomUUID() }, 404],
  [{ from: 'x', to: randomUUID() }, 400],
  [{ from: randomUUID() }, 400],
])('refuses %j', async (query, status) => {
  expectProblem(await http.get('/promotions/diff').query(query), status);
});
