import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ModelVersion } from '../../../src/contracts/registry.js';
import { JsonTensor } from '../../../src/contracts/tensor.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { importModel } from '../../http/registry/import-form.js';
import { testStack } from '../stack.js';
import { findPython } from '../python/find-python.js';

const csv = path.join(projectRoot(), '../shared/data/Telco-Customer-Churn.csv');
const python = findPython();
const missing = [
  existsSync(csv) ? [] : ['no Telco-Customer-Churn.csv in ../shared/data'],
  python === undefined ? ['no Python with scikit-learn and skl2onnx'] : [],
].flat();

const Trained = z.object({
  tensors: z.array(JsonTensor),
  classes: z.array(z.string()),
  /** Names of label and scores. */
  outputs: z.tuple([z.string(), z.string()]),
  label: z.array(z.string()),
  scores: z.array(z.array(z.number())),
});
const Answer = z.object({
  outputs: z.array(z.object({ name: z.string(), shape: z.array(z.int()), data: z.array(z.unknown()) })),
});

if (python === undefined || missing.length > 0) {
  describe.skip(`churn (skipped: ${missing.join('; ')})`, () => {
    it('is answered as Python answers it', () => expect.fail('something is missing'));
  });
} else {
  const folder = mkdtempSync(path.join(tmpdir(), 'trainyard-churn-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  execFileSync(python, [path.join(projectRoot(), 'test/e2e/churn/train.py'), csv, folder]);
  const { client } = await testStack();

  describe('a scikit-learn pipeline for churn, with an input for each column', () => {
    it.each(['logistic-maps', 'logistic-table', 'boosting-maps', 'boosting-table'])(
      '%s is imported with its labels, batched, and answered as Python answers it',
      async (name) => {
        const trained = Trained.parse(JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')));
        const { tensors, classes, outputs, label, scores } = trained;
        const first = (rows: number) =>
          tensors.map(({ data, ...tensor }) => ({ ...tensor, shape: [rows, 1], data: data.slice(0, rows) }));
        const model = readFileSync(path.join(folder, `${name}.onnx`));
        const version = await importModel({ url: client.url() }, model, { name, example: first(2) });
        expect(version).toMatchObject({
          max_batch: 64,
          classes: { [outputs[1]]: classes },
          producer: expect.stringMatching(/^skl2onnx/) as string,
        } satisfies Partial<ModelVersion>);

        const answer = await client.post(`/v2/models/${name}/versions/1/infer`, { inputs: tensors });
        expect(answer.status).toBe(200);
        const [labels, table] = outputs.map((output) =>
          Answer.parse(JSON.parse(answer.text)).outputs.find((tensor) => tensor.name === output)!,
        );
        expect(labels?.data).toEqual(label);
        expect(table?.shape).toEqual([label.length, classes.length]);
        const expected = scores.flat();
        const differences = z
          .array(z.number())
          .parse(table?.data)
          .map((score, i) => Math.abs(score - expected[i]!));
        expect(differences).toHaveLength(expected.length);
        expect(Math.max(...differences)).toBeLessThan(1e-5);
        // They say something: some leave and some stay.
        expect(new Set(label).size).toBe(2);
      },
    );
  });
}
