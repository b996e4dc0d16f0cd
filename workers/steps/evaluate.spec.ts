import { beforeAll, describe, expect, it, vi } from 'vitest';
import { runStep, stepContext } from '../../test/factories/step-context.js';
import {
  candidateOf,
  identity,
  parameters,
  servedBy,
  trainSeries,
} from '../../test/factories/trained-series.js';
import { temporaryStore } from '../../test/temporary-store.js';
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
  const evaluate = (candidates: Candidate[], champion: TrainResult | null = null) =>
    runStep(
      'evaluate',
      {
        ...identity,
        parameters,
        preprocess: done.preprocess,
        candidates,
        champion: champion && { ...servedBy('PROPHET', champion), pointer_version: 1 },
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
    const { gates, accepted } = await evaluate([candidateOf('PROPHET', done.prophet, 2)], done.prophet);
    expect(gates.at(-1)).toMatchObject({ verdict: 'passed', inputs: { windows: 89 } });
    expect(gates.at(-1)!.inputs.score).toBe(gates.at(-1)!.inputs.champion_score);
    expect(accepted).toBe(true);
  });

  it('refuses a winner whose stored model is not the one that was measured, and compares it with nothing', async () => {
    const swapped = { ...candidateOf('PROPHET', done.prophet, 1), model: done.gru.model };
    const { gates, accepted } = await evaluate([swapped], done.prophet);
    expect(gates.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['finite_metrics', 'passed'],
      ['beats_naive', 'passed'],
      ['runs_its_example', 'failed'],
    ]);
    expect(accepted).toBe(false);
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
