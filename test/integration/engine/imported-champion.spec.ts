import { expect, it } from 'vitest';
import { buckets, promotionKeys } from '../../../src/contracts/object-keys.js';
import { writeProjections } from '../../../src/engine/write-projections.js';
import type { ModelVersion } from '../../../src/generated/prisma/client.js';
import { readObject } from '../../../src/platform/object-store/read-object.js';
import { testDatabase } from '../../database.js';
import { houseModel } from '../../factories/column-models.js';
import { importedModel } from '../../factories/imported-model.js';
import { promoteModel } from '../../factories/promotion.js';
import { newRun, type TestRun, trainers } from '../../factories/run.js';
import { temporaryStore } from '../../temporary-store.js';

// A pipeline's run under an identifier whose promoted model was imported: it forecasts nothing.

const { db } = await testDatabase();
const store = await temporaryStore();

let champion: ModelVersion;
let tests = 0;
let run: TestRun;

async function runToEvaluate(): Promise<string> {
  const identifier = `imported-${++tests}`;
  champion = await importedModel(db, store, identifier, houseModel());
  await promoteModel(db, champion);
  run = await newRun(db, { identifier });
  await run.succeed('preprocess', ...trainers);
  return identifier;
}

it('is compared with the champion that it is', async () => {
  await runToEvaluate();
  const evaluate = await run.claim('evaluate');
  expect(await evaluate.plan.input(evaluate.context)).toMatchObject({
    champion: { model_type: 'ONNX', model_version: 1, pointer_version: 1 },
  });
});

it('replaces it, and forecasts with what it trained, when the gates let it', async () => {
  const identifier = await runToEvaluate();
  await (await run.claim('evaluate')).succeed({ winner: 'GRU' });
  await run.succeed('infer');
  expect(await run.states()).toMatchObject({ run: 'SUCCEEDED', infer: 'SUCCEEDED' });
  const [first, second] = await db.promotion.findMany({ where: { identifier }, orderBy: { version: 'asc' } });
  expect(second).toMatchObject({ model_type: 'GRU', replaces: first?.id });
});

it('ends well when the gates refuse, and leaves out the batch forecast, saying why', async () => {
  await runToEvaluate();
  await (await run.claim('evaluate')).succeed({ accepted: false });
  expect(await run.states()).toMatchObject({ run: 'SUCCEEDED', evaluate: 'SUCCEEDED', infer: 'SKIPPED' });
  const skipped = await db.stateChange.findFirstOrThrow({
    where: { run_id: run.id, step: 'infer', state: 'SKIPPED' },
  });
  expect(skipped.reason).toBe(
    'version 1 is promoted, which was imported: it takes records and forecasts no series',
  );
});

it('has readable pointers, with numbers that are not known as null', async () => {
  const identifier = await runToEvaluate();
  const problems: unknown[] = [];
  await writeProjections({
    db,
    store,
    onError: (error, { bucket }) => bucket === buckets.promotion && problems.push(error),
  });
  expect(problems).toEqual([]);
  for (const key of [
    promotionKeys.root(),
    promotionKeys.identifier(identifier),
    promotionKeys.config(identifier, champion.config_hash!),
  ]) {
    const text = (await readObject(store, buckets.promotion, key, 10_000)).toString();
    expect(JSON.parse(text)).toMatchObject({
      identifier,
      model_type: 'ONNX',
      run_id: champion.run_id,
      model_uri: `runs:/${champion.run_id}/ONNX`,
      rmse: null,
      mae: null,
      mse: null,
      score: null,
      sha256: champion.model_sha256,
    });
  }
});
