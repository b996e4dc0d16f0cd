import { expect } from 'vitest';
import { buckets, promotionKeys, resultsKey } from '../../src/contracts/object-keys.js';
import type { PipelineRun } from '../../src/contracts/pipeline-run.js';
import { CurrentPointer } from '../../src/contracts/pointer.js';
import { InferResult } from '../../src/contracts/steps/infer.js';
import type { TestStack } from './stack.js';
import { until } from './until.js';

/**
 * Requires what must be true of a run whatever was killed meanwhile: it succeeded, promoted once, the readable files
 * are those of its rows, and nothing of its attempts is still open.
 */
export async function expectPromotedOnce({ client, db }: TestStack, run: PipelineRun): Promise<void> {
  expect({
    state: run.state,
    steps: run.steps.map(({ name, state, error }) => ({ name, state, error })),
  }).toEqual({
    state: 'SUCCEEDED',
    steps: run.steps.map(({ name }) => ({ name, state: 'SUCCEEDED', error: null })),
  });
  const { id, identifier, config_hash } = run;
  const promotions = await db.promotion.findMany({ where: { identifier } });
  expect(promotions.map((promotion) => [promotion.id, promotion.pipeline_run_id])).toEqual([
    [run.promotion_id, id],
  ]);

  const pointer = await client.read(`/promotions/current?identifier=${identifier}`, CurrentPointer);
  expect(pointer.promotion_id).toBe(run.promotion_id);
  for (const key of [
    promotionKeys.identifier(identifier),
    promotionKeys.config(identifier, config_hash ?? ''),
    promotionKeys.history(identifier, config_hash ?? '', pointer.timestamp),
  ]) {
    const text = await until(`${key} is written`, () => objectText(client, buckets.promotion, key));
    expect(JSON.parse(text)).toEqual(pointer);
  }
  const { day } = InferResult.parse(run.steps.find(({ name }) => name === 'infer')?.outputs);
  const results = await until('the results are written', () =>
    objectText(client, buckets.inference, resultsKey(identifier, day)),
  );
  expect(results.trimEnd().split('\n')).toHaveLength(1);

  // An attempt that was lost is KILLED, one that counted is FINISHED, one for each model.
  const tracked = await db.trackedRun.groupBy({
    by: ['status'],
    where: { pipeline_run_id: id },
    _count: true,
  });
  const counts = new Map(tracked.map(({ status, _count }) => [status, _count]));
  const trainers = run.steps.filter(({ kind }) => kind === 'train');
  const attempts = trainers.reduce((sum, step) => sum + step.attempts.length, 0);
  expect(counts.get('FINISHED')).toBe(3);
  expect((counts.get('KILLED') ?? 0) + 3).toBe(attempts);
  expect(await db.modelVersion.count({ where: { name: identifier } })).toBe(3);
  const open = run.steps.flatMap((step) => step.attempts.filter(({ outcome }) => outcome === null));
  expect(open).toEqual([]);
}

async function objectText(
  client: TestStack['client'],
  bucket: string,
  key: string,
): Promise<string | undefined> {
  const { status, text } = await client.call(`/objects/${bucket}/${key}`);
  return status === 200 ? text : undefined;
}
