import { describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import { tinyModel } from '../../test/factories/tiny-model.js';
import { signature } from '../ml/export/signature.js';
import { Graph } from '../ml/onnx/graph.js';
import { createSession } from '../platform/onnx/session.js';
import { forecastOrigins } from './forecast-origins.js';

const shape = { columns: ['down', 'up'], targets: ['up'], rows: 3, horizon: 2 };
const rows = Array.from({ length: 700 }, (_, row) => row);
const frame = frameOf({ up: rows.map((row) => 10 * row), down: rows });

describe('forecastOrigins', () => {
  it('gives each origin the forecast from the rows before it, also in many batches', async () => {
    const session = await createSession(tinyModel({ ...shape, offset: 5 }));
    const origins = Int32Array.from(rows.slice(3)).reverse();
    const forecasts = await forecastOrigins(session, shape, frame, origins);
    expect([...forecasts]).toEqual(
      [...origins].flatMap((origin) => [10 * (origin - 1) + 5, 10 * (origin - 1) + 5]),
    );
    await session.release();
  });

  it('gives nothing for no origins', async () => {
    const session = await createSession(tinyModel(shape));
    expect([...(await forecastOrigins(session, shape, frame, new Int32Array()))]).toEqual([]);
    await session.release();
  });

  it('refuses a model that answers in float32', async () => {
    const graph = new Graph('float32');
    graph.input(signature.time, 'int64', ['batch', 3]);
    const cells = graph.input(signature.columns, 'double', ['batch', 3, 2]);
    graph.output(signature.forecast, graph.cast(cells, 'float'), 'float', ['batch', 3, 2]);
    const session = await createSession(graph.toModel());
    await expect(forecastOrigins(session, shape, frame, Int32Array.of(3))).rejects.toMatchObject({
      code: 'invalid_data',
      message: 'the model gives no float64 forecast',
    });
    await session.release();
  });
});
