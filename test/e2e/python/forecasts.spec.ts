import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ModelManifest } from '../../../src/contracts/model-manifest.js';
import { PredictAnswer } from '../../../src/contracts/predict.js';
import { TrainOutput } from '../../../src/contracts/steps/train.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { parseAnswer } from '../../http/parse-answer.js';
import { smallRun, smallSeries } from '../small-series.js';
import { testStack } from '../stack.js';
import { findPython } from './find-python.js';

const python = findPython();

/** Of the range of the target: what two builds of ONNX Runtime may differ by. */
const tolerance = 1e-5;

if (python === undefined) {
  describe.skip('forecasts (skipped: no Python with onnxruntime)', () => {
    it('are those of Python', () => expect.fail('Python is missing'));
  });
} else {
  const folder = mkdtempSync(path.join(tmpdir(), 'trainyard-forecasts-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const { client, testWorker } = await testStack();

  it('forecasts are those that ONNX Runtime in Python gives for the same file', async () => {
    await testWorker();
    const identifier = 'compared';
    const run = await client.ended(await client.trigger({ ...smallRun, identifier }));
    const [, header, ...lines] = ['', ...smallSeries().trim().split('\n')];
    const names = header!.split(',');
    const target = names.indexOf(smallRun.targets);
    const values = lines.map((line) => Number(line.split(',')[target])).filter(Number.isFinite);
    const range = Math.max(...values) - Math.min(...values);

    for (const name of ['train_gru', 'train_lstm', 'train_prophet']) {
      const { model, manifest, model_version } = TrainOutput.parse(
        run.steps.find((step) => step.name === name)?.outputs,
      );
      const { rows, columns } = await client.read(
        `/objects/${manifest.bucket}/${manifest.key}`,
        ModelManifest,
      );
      const history = lines.slice(-rows).map((line) => line.split(','));
      const cell = (line: string[], column: string) => Number(line[names.indexOf(column)]);
      const data = {
        time: history.map(([time]) => time),
        ...Object.fromEntries(columns.map((column) => [column, history.map((line) => cell(line, column))])),
      };
      const answer = await client.post('/predict', { identifier, model_version, data });
      expect(answer.status, answer.text).toBe(200);
      const [prediction] = parseAnswer(PredictAnswer, answer).predictions;
      const served = z.number().parse(prediction?.[names[target]!]);

      const request = {
        inputs: [
          {
            name: 'time',
            datatype: 'INT64',
            shape: [1, rows],
            data: history.map(([time]) => Date.parse(time!)),
          },
          {
            name: 'columns',
            datatype: 'FP64',
            shape: [1, rows, columns.length],
            data: history.flatMap((line) => columns.map((column) => cell(line, column))),
          },
        ],
      };
      const [modelFile, requestFile] = ['model.onnx', 'request.json'].map((file) => path.join(folder, file));
      const response = await fetch(`${client.url()}/objects/${model.bucket}/${model.key}`);
      writeFileSync(modelFile!, Buffer.from(await response.arrayBuffer()));
      writeFileSync(requestFile!, JSON.stringify(request));
      const script = path.join(projectRoot(), 'test/e2e/python/run_model.py');
      const output = execFileSync(python, [script, modelFile!, requestFile!], { encoding: 'utf8' });
      const [expected] = z.array(z.number()).parse(JSON.parse(output));
      expect(Math.abs(served - expected!) / range, name).toBeLessThan(tolerance);
    }
  });
}
