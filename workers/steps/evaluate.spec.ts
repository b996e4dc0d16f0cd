import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import { runStep, stepContext } from '../../test/factories/step-context.js';
import {
  candidateOf,
  identity,
  parameters,
  servedBy,
  trainSeries,
} from '../../test/factories/trained-series.js';
import { temporaryStore } from '../../test/temporary-store.js';
import { GatePolicy } from '../../src/contracts/gate-policy.js';
import type { Candidate } from '../../src/contracts/steps/evaluate.js';
import type { TrainResult } from '../../src/contracts/steps/train.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';

// It hashes the compiled project, which a unit test does without.
vi.mock('../../src/platform/build-info.js', () => ({ buildName: () => 'test build' }));

let store: ObjectStore;
let done: Awaited<ReturnType<typeof trainSeries>>;

beforeAll(async () => {
  store = await temporaryStore();
  done = await trainSeries(store);
});

describe('evaluate', () => {
  const evaluate = (
    candidates: Candidate[],
    champion: TrainResult | null = null,
    policy: z.input<typeof GatePolicy> = {},
  ) =>
    runStep(
      'evaluate',
      {
        ...identity,
        parameters,
        preprocess: done.preprocess,
        candidates,
        champion: champion && { ...servedBy('PROPHET', champion), pointer_version: 1 },
        policy: GatePolicy.parse(policy),
      },
      stepContext(store).context,
    );

  it('puts the models and the baselines in the order of their scores', async () => {
    const { scoreboard, winner } = await evaluate([
      candidateOf('GRU', done.gru, 1),
      candidateOf('PROPHET', done.prophet, 2),
    ]);
    const scores = scoreboard.map(({ score }) => score!);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    expect(scoreboard.map(({ model_type }) => model_type).sort()).toEqual([
      'GRU',
      'NAIVE',
      'PROPHET',
      'RIDGE',
    ]);
    expect(scoreboard.find(({ model_type }) => model_type === 'GRU')).toMatchObject({
      rmse: done.gru.metrics.rmse,
      rmse_raw: done.gru.metrics.rmse_raw,
      promoted: false,
      information: 'one-step',
    });
    expect(scoreboard.find(({ model_type }) => model_type === 'PROPHET')?.information).toBe('from train end');
    expect(winner).toBe(
      scoreboard.find(({ model_type }) => ['GRU', 'PROPHET'].includes(model_type))?.model_type,
    );
  });

  it('accepts a winner that beats NAIVE where nothing was promoted', async () => {
    const { gates, accepted } = await evaluate([candidateOf('PROPHET', done.prophet, 1)]);
    expect(gates.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['finite_metrics', 'passed'],
      ['beats_naive', 'passed'],
      ['runs_its_example', 'passed'],
      ['not_worse_than_champion', 'passed'],
    ]);
    expect(accepted).toBe(true);
  });

  it('compares with the champion on the rows that are new to both', async () => {
    const { gates } = await evaluate([candidateOf('GRU', done.gru, 2)], done.prophet);
    expect(gates.at(-1)).toMatchObject({
      name: 'not_worse_than_champion',
      inputs: { windows: 89, champion_type: 'PROPHET', better_percent: expect.any(Number) },
    });
  });

  it('compares nothing with itself', async () => {
    const { gates, accepted } = await evaluate([candidateOf('PROPHET', done.prophet, 1)], done.prophet);
    expect(gates.at(-1)).toMatchObject({ verdict: 'not_comparable', message: 'it is what serves now' });
    expect(accepted).toBe(true);
  });

  it('refuses a winner whose stored model is not the one that was measured, and has the other gates as well', async () => {
    const swapped = { ...candidateOf('PROPHET', done.prophet, 1), model: done.gru.model };
    const { gates, accepted } = await evaluate([swapped], done.prophet);
    expect(gates.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['finite_metrics', 'passed'],
      ['beats_naive', 'passed'],
      ['runs_its_example', 'failed'],
      ['not_worse_than_champion', 'not_comparable'],
    ]);
    expect(accepted).toBe(false);
  });

  it('looks at every gate of the policy, whichever fail', async () => {
    const { gates, accepted } = await evaluate([candidateOf('PROPHET', done.prophet, 1)], null, {
      limits: { rmse: 1e-9, mae: 1e9 },
      min_train_rows: 1_000_000,
      min_windows: 1,
      max_size_bytes: 10,
      max_latency_ms: 10_000,
      champion: { rule: 'off' },
      beats_naive: false,
      manual_approval: true,
    });
    expect(gates.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['finite_metrics', 'passed'],
      ['runs_its_example', 'passed'],
      ['within_limits', 'failed'],
      ['enough_rows', 'failed'],
      ['small_enough', 'failed'],
      ['fast_enough', 'passed'],
      ['approved', 'pending'],
    ]);
    expect(accepted).toBe(false);
    expect(gates[2]!.message).toMatch(/^rmse is [\d.]+ and may be 1e-9 at most$/);
    expect(gates[5]!.inputs).toMatchObject({ limit_ms: 10_000, p95_ms: expect.any(Number) });
  });

  it('refuses a winner that is not better than repeating the last value', async () => {
    const metrics = { ...done.prophet.metrics, rmse: 9, mae: 9, mse: 9 };
    const { gates, accepted } = await evaluate([{ ...candidateOf('PROPHET', done.prophet, 1), metrics }]);
    expect(gates).toContainEqual(expect.objectContaining({ name: 'beats_naive', verdict: 'failed' }));
    expect(accepted).toBe(false);
  });

  it('has no winner where no metrics are finite', async () => {
    const metrics = { ...done.gru.metrics, rmse: null };
    const { winner, gates, accepted, scoreboard } = await evaluate([
      { ...candidateOf('GRU', done.gru, 1), metrics },
    ]);
    expect({ winner, accepted }).toEqual({ winner: null, accepted: false });
    expect(gates).toMatchObject([{ name: 'finite_metrics', verdict: 'failed' }]);
    expect(scoreboard.at(-1)).toMatchObject({ model_type: 'GRU', score: null });
  });
});
