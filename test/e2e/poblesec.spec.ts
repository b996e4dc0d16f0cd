import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EvaluateOutput } from '../../src/contracts/steps/evaluate.js';
import { TrainOutput } from '../../src/contracts/steps/train.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { testStack } from './stack.js';

const folder = path.join(projectRoot(), '../shared/data');
const files = ['PobleSec.csv', 'PobleSec_test.csv'];
/** Half a minute on an idle machine with two cores. */
const patienceMs = 280_000;
const missing = files.filter((file) => !existsSync(path.join(folder, file)));

if (missing.length > 0) {
  describe.skip(`PobleSec (skipped: no ${missing.join(', ')} in ../shared/data)`, () => {
    it('beats NAIVE', () => expect.fail('the files are missing'));
  });
} else {
  const { client, startWorker } = await testStack({ environment: { LEASE_SECONDS: '30' } });

  it('PobleSec with all defaults: the nets beat NAIVE, and the baselines are the published ones', async () => {
    await startWorker();
    for (const file of files) await client.upload(file, readFileSync(path.join(folder, file)));
    const id = await client.trigger({ dataset_name: 'PobleSec' });
    const run = await client.ended(id, patienceMs);
    expect(run.steps.map(({ name, error }) => [name, error]).filter(([, error]) => error)).toEqual([]);
    expect(run.state).toBe('SUCCEEDED');
    expect(run.config_hash).toBe('6ce79cfae0029f0499e5ca7a14f996ee0fe8c7d4f2a4bbf2fe78d3ae6b155ea9');

    const outputsOf = (step: string) => run.steps.find(({ name }) => name === step)?.outputs;
    const { scoreboard, winner, accepted } = EvaluateOutput.parse(outputsOf('evaluate'));
    const rmse = Object.fromEntries(scoreboard.map((row) => [row.model_type, row.rmse!]));
    expect(Math.abs(rmse.NAIVE! / 0.04025 - 1)).toBeLessThan(0.01);
    expect(Math.abs(rmse.RIDGE! / 0.0351 - 1)).toBeLessThan(0.01);
    expect(rmse.GRU).toBeLessThan(rmse.NAIVE!);
    expect(rmse.LSTM).toBeLessThan(rmse.NAIVE!);
    expect(['GRU', 'LSTM']).toContain(winner);
    expect(accepted).toBe(true);
    for (const step of ['train_gru', 'train_lstm', 'train_prophet']) {
      expect(TrainOutput.parse(outputsOf(step)).metrics.windows).toBe(3_972);
    }
  }, 300_000);
}
