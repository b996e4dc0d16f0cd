import { describe, expect, it } from 'vitest';
import type { Datatype } from '../../../src/contracts/tensor.js';
import { testApp } from '../../app.js';
import { echoModel, houseModel } from '../../factories/column-models.js';
import { importedModel } from '../../factories/imported-model.js';
import { promoteModel } from '../../factories/promotion.js';
import { servedModel } from '../../factories/served-model.js';
import { expectProblem } from '../expect-problem.js';

const { http, db, store } = await testApp();
const identifier = 'houses';
await promoteModel(db, await importedModel(db, store, identifier, houseModel()));

const right = { area: 50, rooms: 2 };
const post = (body: unknown) =>
  http
    .post('/predict')
    .set('content-type', 'application/json')
    .send(body as object);

/** The only fault of a request, with its path. */
async function fault(body: unknown): Promise<{ path: string; message: string }> {
  const { errors = [] } = expectProblem(await post(body), 400, 'invalid_request');
  expect(errors).toHaveLength(1);
  return errors[0]!;
}

it('answers the request that the ones below differ from by one thing each', async () => {
  expect((await post({ identifier, records: [right] })).status).toBe(200);
});

describe('the envelope', () => {
  it.each<[string, object, string, string]>([
    ['neither data nor records', {}, 'data', 'give data'],
    ['both', { records: [right], data: { time: [] } }, 'records', 'give data or records, not both'],
    ['no record', { records: [] }, 'records', '>=1'],
    ['too many records', { records: Array.from({ length: 10_001 }, () => right) }, 'records', '<=10000'],
    ['an object of records', { records: right }, 'records', 'expected array'],
    [
      'a length with records',
      { records: [right], inference_length: 3 },
      'inference_length',
      'goes with data',
    ],
    ['a time column with records', { records: [right], index_col: 'when' }, 'index_col', 'goes with data'],
    ['data for a model of columns', { data: { time: ['2024-01-01'] } }, 'data', 'give records'],
  ])('refuses %s', async (_what, body, path, message) => {
    expect(await fault({ identifier, ...body })).toEqual({ path, message: expect.stringContaining(message) });
  });

  it('refuses a length in the query with records', async () => {
    const answer = await http.post('/predict?inference_length=3').send({ identifier, records: [right] });
    expect(expectProblem(answer, 400).errors).toMatchObject([{ path: 'inference_length' }]);
  });

  it('refuses records for a forecaster', async () => {
    await servedModel(db, store, { identifier: 'forecaster' });
    expect(await fault({ identifier: 'forecaster', records: [right] })).toEqual({
      path: 'records',
      message: 'version 1 of forecaster is a forecaster: give its history as data',
    });
  });
});

describe('a record', () => {
  it.each<[string, unknown, string, string]>([
    ['null', null, 'records.1', 'null is no record'],
    ['an array', [50, 2], 'records.1', '[50,2] is no record'],
    ['a number', 7, 'records.1', '7 is no record'],
    ['nothing', {}, 'records.1', 'Missing required feature columns: area, rooms (in record 1;'],
    ['one column less', { area: 1 }, 'records.1', 'Missing required feature columns: rooms (in record 1;'],
    ['a column in capitals', { area: 1, ROOMS: 1 }, 'records.1', 'the model takes area, rooms)'],
    [
      'a text for a float',
      { ...right, area: '50' },
      'records.1.area',
      '"50" is no value of column "area": FP32 is a finite number in its range',
    ],
    ['a flag for a float', { ...right, area: true }, 'records.1.area', 'true is no value'],
    ['a list for a float', { ...right, area: [50] }, 'records.1.area', '[50] is no value'],
    [
      'a number that no float holds',
      { ...right, area: 3.5e38 },
      'records.1.area',
      'a finite number in its range',
    ],
    ['an empty cell for an integer', { ...right, rooms: null }, 'records.1.rooms', 'null is no value'],
    ['a fraction for an integer', { ...right, rooms: 1.5 }, 'records.1.rooms', '1.5 is no value'],
    [
      'digits that JSON loses',
      { ...right, rooms: 2 ** 53 },
      'records.1.rooms',
      'beyond 2^53, where JSON numbers are not exact, it comes as a text of digits',
    ],
    ['a text that is no integer', { ...right, rooms: '1e3' }, 'records.1.rooms', '"1e3" is no value'],
    [
      'an integer of more than 64 bits',
      { ...right, rooms: '9223372036854775808' },
      'records.1.rooms',
      'from -2^63 to 2^63 - 1',
    ],
  ])('is refused when it is %s, by its place', async (_what, record, path, message) => {
    expect(await fault({ identifier, records: [right, record] })).toEqual({
      path,
      message: expect.stringContaining(message),
    });
  });

  it('is refused when it holds a number that is too large for one', async () => {
    const body = JSON.stringify({ identifier, records: [right] }).replace('50', '1e999');
    expect(await fault(body)).toMatchObject({ path: 'records.0.area' });
  });

  it('is refused, and not fatal, when a cell is nested deeper than any stack', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const body = JSON.stringify({ identifier, records: [right] }).replace('50', deep);
    expect(await fault(body)).toMatchObject({
      path: 'records.0.area',
      message: expect.stringContaining('a deeply nested array is no value'),
    });
  });

  it.each<[Datatype, unknown[], unknown[]]>([
    ['BOOL', [true, false], [2, 'true', null]],
    ['INT8', [-128, 127], [-129, 128, 0.5, '1', null]],
    ['UINT8', [0, 255], [-1, 256, null]],
    ['INT16', [-32_768], [-32_769, 32_768]],
    ['UINT16', [65_535], [-1, 65_536]],
    ['INT32', [2_147_483_647], [2_147_483_648, -2_147_483_649]],
    ['UINT32', [4_294_967_295], [4_294_967_296, -1]],
    ['UINT64', [0, '18446744073709551615'], [-1, '-1', '18446744073709551616', 2 ** 53, '']],
    ['FP16', [65_504, 65_519, null], [65_520, -65_520, '1']],
    ['FP64', [1e308, null], ['1e308', false]],
    ['BYTES', ['', '5'], [5, null, true, 'a\0']],
  ])('is held to the range of its column (%s)', async (type, taken, refused) => {
    const name = `range-${type}`;
    await promoteModel(db, await importedModel(db, store, name, echoModel({ x: type })));
    const statusOf = async (x: unknown) => (await post({ identifier: name, records: [{ x }] })).status;
    expect(await Promise.all(taken.map(statusOf))).toEqual(taken.map(() => 200));
    for (const x of refused) {
      const { path, message } = await fault({ identifier: name, records: [{ x }] });
      expect({ path, message }).toEqual({
        path: 'records.0.x',
        message: expect.stringContaining(`${JSON.stringify(x)} is no value of column "x"`),
      });
    }
  });
});

it.each<[string, Datatype, (string | number)[]]>([
  ['a matrix', 'FP32', ['batch', 3]],
  ['three axes', 'FP32', ['batch', 1, 1]],
  ['rows that are fixed', 'FP32', [1, 1]],
  ['a scalar', 'FP32', []],
])('says where to ask a model whose input is %s', async (what, type, shape) => {
  const name = what.replaceAll(' ', '-');
  await promoteModel(db, await importedModel(db, store, name, echoModel({ x: type }, shape)));
  const refusals = [
    await http.post('/predict').send({ identifier: name, records: [{ x: 1 }] }),
    await http.get('/predict/schema').query({ identifier: name }),
  ];
  const sizes = shape.map((size) => (size === 'batch' ? -1 : size)).join(', ');
  for (const refusal of refusals) {
    const { detail } = expectProblem(refusal, 400, 'invalid_request');
    expect(detail).toBe(
      `version 1 of ${name} takes no records, because input "x" has shape [${sizes}]: ask it at /v2/models/${name}/infer`,
    );
  }
});
