import { describe, expect, it } from 'vitest';
import { EvaluateOutput } from '../../src/contracts/steps/evaluate.js';
import { smallRun, smallSeries } from './small-series.js';
import { testStack } from './stack.js';

const { client, startWorker, db } = await testStack();
await startWorker();

const [header = '', ...rows] = smallSeries(60).trim().split('\n');
const csv = (body: readonly string[], head = header) => `${[head, ...body].join('\n')}\n`;
const replaced = (line: string, column: number, cell: string) => line.split(',').with(column, cell).join(',');
const withCell = (row: number, column: number, cell: string) =>
  csv(rows.with(row, replaced(rows[row]!, column, cell)));
const withColumn = (column: number, cell: string) => csv(rows.map((line) => replaced(line, column, cell)));
const everythingEmpty = csv(rows.map((line) => replaced(replaced(line, 1, ''), 2, 'NaN')));
const good = csv(rows);

interface Refusal {
  file: string | Buffer;
  parameters?: object;
  step?: string;
  /** What is wrong; `file` stands for the name of the data set. */
  message: string | RegExp;
  /** Where; undefined when it is a parameter. */
  where?: string;
}

const refusals: Record<string, Refusal> = {
  'a file without a time column': {
    file: csv(rows, 'a,level,lead'),
    message: /no time column|has no column/,
    where: 'file.csv',
  },
  'a constant target': {
    file: withColumn(1, '7'),
    message: 'is 7 in every train row: nothing can be learned from it',
    where: 'column "level"',
  },
  'nine rows': { file: csv(rows.slice(0, 9)), message: '2 test rows are too few', where: 'test rows' },
  'eight rows': { file: csv(rows.slice(0, 8)), message: '6 train rows are too few', where: 'train rows' },
  'no number anywhere': { file: everythingEmpty, message: 'every data cell is empty', where: 'file.csv' },
  'a target that is always empty': {
    file: withColumn(1, ''),
    message: 'has no value in any train row',
    where: 'column "level"',
  },
  'a column of text': {
    file: withColumn(2, 'sunny'),
    message: '"sunny" is not a number; leave the column out with the parameter columns',
    where: 'file.csv, column "lead", row 1',
  },
  'one cell of text': {
    file: withCell(16, 1, 'x'),
    message: '"x"',
    where: 'file.csv, column "level", row 17',
  },
  'an infinite cell': {
    file: withCell(3, 1, '1e999'),
    message: '"1e999" is infinite',
    where: 'file.csv, column "level", row 4',
  },
  'a time that is none': {
    file: withCell(3, 0, 'yesterday'),
    message: '"yesterday" is not a time',
    where: 'file.csv, column "time", row 4',
  },
  'a time that stands there twice': {
    file: withCell(3, 0, rows[2]!.split(',')[0]!),
    message: 'has the same time as row 3',
    where: 'file.csv, column "time", row 4',
  },
  'a short row': {
    file: csv(rows.with(4, '2024-01-01,1')),
    message: 'has 2 fields',
    where: 'file.csv, row 5',
  },
  'a name twice in the header': {
    file: csv(rows, 'time,level,level'),
    message: 'stands in the header twice',
    where: 'file.csv, column "level"',
  },
  'an empty file': { file: '', message: 'is empty', where: 'file.csv' },
  'a header alone': { file: `${header}\n`, message: 'has a header and no rows', where: 'file.csv' },
  'bytes that are no text': {
    file: Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 37) % 256)),
    message: 'is no CSV file',
    where: 'file.csv',
  },
  'an empty cell that may not be filled': {
    file: withCell(5, 1, ''),
    parameters: { handle_nans: false },
    message: 'is an empty cell, and handle_nans is off',
    where: 'column "level", row 6',
  },
  'a target that is not there': {
    file: good,
    parameters: { targets: 'speed' },
    message: 'no column "speed" to forecast; the columns are "level", "lead"',
  },
  'a column that is not there': {
    file: good,
    parameters: { columns: ['level', 'speed'] },
    message: 'has no "speed"',
    where: 'file.csv',
  },
  'a time column that is not there': {
    file: good,
    parameters: { index_col: 'when' },
    message: 'has no column "when", which the parameter index_col names',
    where: 'file.csv',
  },
  'a window longer than the series': {
    file: good,
    parameters: { input_seq_len: 500 },
    message: '48 train rows are too few: one window needs 501',
    where: 'train rows',
  },
  'a forecast that begins beyond the held-out rows': {
    file: good,
    parameters: { sample_idx: 1_000 },
    step: 'infer',
    message: 'sample_idx 1000 leaves no window of 6 rows in 12 test rows; the largest is 6',
  },
};

describe('what nobody can forecast fails for good at the first attempt, and says what is wrong and where', () => {
  it.each(Object.entries(refusals))(
    '%s',
    async (what, { file, parameters = {}, step: failing = 'preprocess', message, where }) => {
      const identifier = what.replaceAll(' ', '-');
      await client.upload(`${identifier}.csv`, file);
      const id = await client.trigger({ ...smallRun, dataset_name: identifier, identifier, ...parameters });
      const run = await client.ended(id);
      expect(run.state).toBe('FAILED');
      const at = run.steps.findIndex(({ name }) => name === failing);
      const step = run.steps[at]!;
      expect(step.state).toBe('FAILED');
      expect(step.attempts.map(({ outcome }) => outcome)).toEqual(['FAILED']);
      expect(step.error).toMatchObject({ code: 'invalid_data', permanent: true });
      expect(step.error?.message).toMatch(message);
      expect(step.error?.where).toBe(where?.replace('file.csv', `${identifier}.csv`));
      expect(step.attempts[0]?.error).toEqual(step.error);
      expect(run.steps.slice(at + 1).map(({ state }) => state)).toEqual(
        run.steps.slice(at + 1).map(() => 'SKIPPED'),
      );
      if (failing === 'preprocess')
        expect(await db.promotionRequest.count({ where: { identifier } })).toBe(0);
    },
  );
});

describe('what looks odd and can be forecast', () => {
  it.each<[string, string, object]>([
    ['a constant column beside the target', withColumn(2, '7'), {}],
    ['text in a column that is left out', withColumn(2, 'sunny'), { columns: ['level'] }],
    ['empty cells', withCell(5, 1, ''), {}],
    ['rows in any order', csv([...rows.slice(30), ...rows.slice(0, 30)]), {}],
    [
      'CR LF, a byte order mark and quotes',
      `\uFEFF${good.replaceAll('\n', '\r\n').replace('level', '"level"')}`,
      {},
    ],
  ])('%s', async (what, file, parameters) => {
    const identifier = what.replaceAll(/\W+/g, '-');
    await client.upload(`${identifier}.csv`, file);
    const id = await client.trigger({ ...smallRun, dataset_name: identifier, identifier, ...parameters });
    const run = await client.ended(id);
    expect(run.steps.map(({ name, error }) => [name, error]).filter(([, error]) => error)).toEqual([]);
    expect(run.state).toBe('SUCCEEDED');
  });
});

it('a series too large for a net fails the nets alone: what is left is compared, and promoted only if it is good', async () => {
  const large = csv(rows.map((line) => replaced(line, 1, String(Number(line.split(',')[1]) * 1e30))));
  await client.upload('large.csv', large);
  const parameters = { ...smallRun, dataset_name: 'large', identifier: 'large', scaler: '' };
  const run = await client.ended(await client.trigger(parameters));
  expect(run.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'preprocess SUCCEEDED',
    'train_lstm FAILED',
    'train_gru FAILED',
    'train_prophet SUCCEEDED',
    'evaluate SUCCEEDED',
    'infer SKIPPED',
  ]);
  for (const { error, attempts } of run.steps.slice(1, 3)) {
    expect(error).toMatchObject({ code: 'not_finite', where: 'epoch 1, window 0', permanent: true });
    expect(attempts).toHaveLength(1);
  }
  expect(run).toMatchObject({ state: 'SUCCEEDED', promotion_id: null });
  const { scoreboard, winner, accepted, gates } = EvaluateOutput.parse(run.steps[4]?.outputs);
  expect({ winner, accepted }).toEqual({ winner: 'PROPHET', accepted: false });
  expect(scoreboard.map(({ model_type }) => model_type).sort()).toEqual(['NAIVE', 'PROPHET', 'RIDGE']);
  expect(gates.find(({ verdict }) => verdict === 'failed')?.name).toBe('beats_naive');
  expect(run.steps[5]?.state_history.at(-1)?.reason).toBe('no model is promoted for this identifier');
  expect(await db.promotionRequest.findMany({ where: { identifier: 'large' } })).toMatchObject([
    { verdict: 'refused', pipeline_run_id: run.id },
  ]);
});
