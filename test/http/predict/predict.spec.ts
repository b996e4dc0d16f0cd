import { beforeAll, describe, expect, it } from 'vitest';
import { PredictAnswer } from '../../../src/contracts/predict.js';
import { testApp } from '../../app.js';
import { promoteModel } from '../../factories/promotion.js';
import { columnNames, hour, series, servedModel, type ServedModel } from '../../factories/served-model.js';
import { expectProblem } from '../expect-problem.js';
import { parseAnswer } from '../parse-answer.js';

const { http, db, store } = await testApp();

const start = Date.UTC(2024, 5, 1);
const cellsAfter = (rows: number, first = 20) =>
  Array.from({ length: rows }, (_, row) => series().columns.map(({ values }) => values[first + row]!));

/** A request's history as columns, from rows. */
function history(cells: (number | null)[][], stepMs = hour) {
  return {
    time: cells.map((_, row) => new Date(start + row * stepMs).toISOString()),
    ...Object.fromEntries(columnNames.map((name, column) => [name, cells.map((row) => row[column])])),
  };
}
const timesOf = (rows: number, stepMs = hour) =>
  Array.from({ length: rows }, (_, row) => start + row * stepMs);

async function predict(body: object, query = '') {
  const answer = await http.post(`/predict${query}`).send(body);
  expect(answer.text).toContain('"SUCCESS"');
  expect(answer.status).toBe(200);
  return parseAnswer(PredictAnswer, answer);
}

/** By hand, one window after another: targets fed back, other columns held, time going on. */
async function rolled({ forecast, manifest }: ServedModel, cells: number[][], steps: number, stepMs = hour) {
  const { rows, targets, columns } = manifest;
  const [time, known] = [timesOf(cells.length, stepMs), [...cells]];
  const out: number[][] = [];
  while (out.length < steps) {
    const predicted = await forecast(time.slice(-rows), known.slice(-rows));
    for (const values of predicted) {
      out.push(values);
      time.push(time.at(-1)! + stepMs);
      known.push(known.at(-1)!.map((last, column) => values[targets.indexOf(columns[column]!)] ?? last));
    }
  }
  return out.slice(0, steps);
}

describe('a forecast', () => {
  let model: ServedModel;
  const identifier = 'plain';
  beforeAll(async () => {
    model = await servedModel(db, store, { identifier });
  });

  it('is what the model gives for these rows, one step after them, and says who made it', async () => {
    const cells = cellsAfter(4);
    const answer = await http.post('/predict').send({ identifier, data: history(cells) });
    const body = parseAnswer(PredictAnswer, answer);
    const { run_id, version, config_hash } = model.version;
    expect(body).toMatchObject({
      status: 'SUCCESS',
      identifier,
      run_id,
      model_type: 'GRU',
      model_version: version,
      config_hash,
      req_id: answer.headers['x-request-id'],
    });
    const [[expected]] = (await model.forecast(timesOf(4), cells)) as [[number]];
    expect(body.predictions).toEqual([
      { ts: new Date(start + 4 * hour).toISOString(), down: expect.closeTo(expected, 9) },
    ]);
  });

  it('comes from the last rows of a longer history, in whatever order rows and columns are sent', async () => {
    const cells = cellsAfter(9);
    const { time, down, up, users } = history(cells) as Record<string, unknown[]>;
    const shuffle = <T>(values: T[] = []) => [...values.slice(5), ...values.slice(0, 5).reverse()];
    const data = {
      extra: time!.map(() => 'text that nobody reads'),
      users: shuffle(users),
      up: shuffle(up),
      timestamp: shuffle(time),
      down: shuffle(down),
    };
    const [[expected]] = (await model.forecast(timesOf(9).slice(5), cells.slice(5))) as [[number]];
    const { predictions } = await predict({ identifier, data });
    expect(predictions).toEqual([
      { ts: new Date(start + 9 * hour).toISOString(), down: expect.closeTo(expected, 9) },
    ]);
  });

  it('steps on by the usual spacing of the history, feeding its forecasts back', async () => {
    const minute = 60_000;
    const cells = cellsAfter(6);
    const { predictions } = await predict({ identifier, inference_length: 7, data: history(cells, minute) });
    const expected = await rolled(model, cells, 7, minute);
    expect(predictions.map(({ ts }) => ts)).toEqual(
      Array.from({ length: 7 }, (_, step) => new Date(start + (6 + step) * minute).toISOString()),
    );
    predictions.forEach(({ down }, step) => expect(down).toBeCloseTo(expected[step]![0]!, 8));
  });

  it('takes its length from the query, unless the body says one', async () => {
    const data = history(cellsAfter(4));
    expect((await predict({ identifier, data }, '?inference_length=5')).predictions).toHaveLength(5);
    expect(
      (await predict({ identifier, inference_length: 2, data }, '?inference_length=5')).predictions,
    ).toHaveLength(2);
    expect((await predict({ identifier, inference_length: 10_000, data })).predictions).toHaveLength(10_000);
  });

  it('fills an empty cell with what training filled it with', async () => {
    const cells: (number | null)[][] = cellsAfter(4);
    cells[1]![2] = null;
    cells[3]![0] = null;
    const fills = model.manifest.preprocess.columns.map(({ fill }) => fill);
    const filled = cells.map((row) => row.map((cell, column) => cell ?? fills[column]!));
    const [withNull, withFill] = [
      await predict({ identifier, data: history(cells) }),
      await predict({ identifier, data: history(filled) }),
    ];
    expect(withNull.predictions).toEqual(withFill.predictions);
  });

  it('reads times with a zone, and the time column by the name that index_col gives', async () => {
    const cells = cellsAfter(4);
    const { time, ...columns } = history(cells);
    const zoned = time.map(
      (text) => `${new Date(Date.parse(text) + 2 * hour).toISOString().slice(0, 19)}+02:00`,
    );
    const expected = (await predict({ identifier, data: { time, ...columns } })).predictions;
    const named = await predict({ identifier, index_col: 'when', data: { when: zoned, ...columns } });
    expect(named.predictions).toEqual(expected);
  });

  it('is given with the columns `constructor` and `toString` in the data, which are no columns of the model', async () => {
    const data = {
      ...history(cellsAfter(4)),
      constructor: [1, 2, 3, 4],
      toString: Array<string>(4).fill('x'),
    };
    expect((await predict({ identifier, data })).predictions).toHaveLength(1);
  });

  it('is refused when it is not finite, because its history is beyond every measure', async () => {
    const data = history(cellsAfter(4).map(() => [1e300, -1e300, 1e300]));
    const { detail } = expectProblem(await http.post('/predict').send({ identifier, data }), 400);
    expect(detail).toContain('the forecast of down is not finite');
  });
});

describe('a model of several targets and steps', () => {
  it('gives all of them, a row a step', async () => {
    const identifier = 'several';
    const model = await servedModel(db, store, {
      identifier,
      targets: ['users', 'down'],
      horizon: 3,
      seed: 5,
      parameters: { lags_enable: true, lags_n: 2, lags_step: 1 },
    });
    expect(model.manifest.rows).toBe(6);
    const cells = cellsAfter(8);
    const { predictions } = await predict({ identifier, inference_length: 5, data: history(cells) });
    const expected = await rolled(model, cells, 5);
    expect(predictions).toHaveLength(5);
    predictions.forEach(({ users, down }, step) => {
      expect(users).toBeCloseTo(expected[step]![0]!, 8);
      expect(down).toBeCloseTo(expected[step]![1]!, 8);
    });
  });
});

describe('which model answers', () => {
  const data = history(cellsAfter(4));
  it('is the one of the identifier, of the configuration, or the newest of all', async () => {
    const [a, b] = ['a', 'b'].map((digit) => digit.repeat(64));
    await servedModel(db, store, { identifier: 'which', config_hash: a, always: 1 });
    const second = await servedModel(db, store, { identifier: 'which', config_hash: b, always: 2 });
    await servedModel(db, store, { identifier: 'other', config_hash: b, always: 3 });
    const down = async (route: object) => (await predict({ ...route, data })).predictions[0]?.down;
    expect(await down({ identifier: 'which' })).toBe(2);
    expect(await down({ identifier: 'which', config_hash: a })).toBe(1);
    expect(await down({ config_hash: a })).toBe(1);
    expect(await down({ config_hash: b })).toBe(3);
    expect(await down({})).toBe(3);
    await promoteModel(db, second.version);
    expect(await down({ identifier: 'which', config_hash: b })).toBe(2);
    await expect.poll(() => down({}), { timeout: 5_000 }).toBe(2);
  });

  it('is not found where nothing is promoted', async () => {
    const detailOf = async (route: object) =>
      expectProblem(await http.post('/predict').send({ ...route, data }), 404, 'not_found').detail;
    expect(await detailOf({ identifier: 'nobody' })).toBe('nothing is promoted for identifier nobody');
    const config_hash = 'f'.repeat(64);
    expect(await detailOf({ config_hash })).toBe(`nothing is promoted under config_hash ${config_hash}`);
  });

  it('is not the global pointer by its own name', async () => {
    expectProblem(await http.post('/predict').send({ identifier: '*', data }), 400, 'invalid_request');
  });
});

it('answers many at once, each with what was asked', async () => {
  const identifier = 'many';
  const model = await servedModel(db, store, { identifier, seed: 9 });
  const windows = Array.from({ length: 40 }, (_, i) => cellsAfter(4, i));
  const complete = windows.filter((cells) => cells.flat().every(Number.isFinite));
  const answers = await Promise.all(complete.map((cells) => predict({ identifier, data: history(cells) })));
  for (const [i, { predictions }] of answers.entries()) {
    const [[expected]] = (await model.forecast(timesOf(4), complete[i]!)) as [[number]];
    expect(predictions[0]?.down).toBeCloseTo(expected, 8);
  }
});
