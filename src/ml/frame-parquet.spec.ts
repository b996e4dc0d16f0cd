import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { columnOf, frameOf } from '../../test/factories/frame.js';
import { readFrameParquet, writeFrameParquet } from './frame-parquet.js';
import { makeFrame } from './frame.js';

describe('frame as Parquet', () => {
  it('comes back to the bit, empty cells and extremes included', async () => {
    const cell = fc.oneof(fc.double(), fc.constant(Number.NaN));
    const row = fc.tuple(fc.integer({ min: -8e12, max: 2e14 }), cell, cell);
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (rows) => {
        const frame = makeFrame(
          Float64Array.from(rows, ([time]) => time + 0),
          [
            { name: 'down', values: Float64Array.from(rows, ([, down]) => down) },
            { name: 'a.b', values: Float64Array.from(rows, ([, , up]) => up) },
          ],
        );
        const { frame: read } = await readFrameParquet(writeFrameParquet(frame));
        expect(read).toEqual(frame);
      }),
    );
  });

  it('comes back when it has more than one row group', async () => {
    const frame = frameOf({ row: Float64Array.from({ length: 100_001 }, (_, i) => i) });
    const { frame: read } = await readFrameParquet(writeFrameParquet(frame));
    expect(read.rows).toBe(100_001);
    expect(read.columns[0]?.values).toEqual(frame.columns[0]?.values);
    expect(read.time).toEqual(frame.time);
  });

  it('keeps key-value metadata', async () => {
    const bytes = writeFrameParquet(frameOf({ down: [1] }), {
      config_hash: 'abc',
      preprocess_config: '{"é":1}',
    });
    expect((await readFrameParquet(bytes)).metadata).toMatchObject({
      config_hash: 'abc',
      preprocess_config: '{"é":1}',
    });
  });

  it('has time last, as milliseconds UTC, and tells pandas that it is the index', async () => {
    const bytes = writeFrameParquet(frameOf({ down: [1], up: [2] }));
    const { schema } = parquetMetadata(Uint8Array.from(bytes).buffer);
    expect(schema.map(({ name }) => name).slice(1)).toEqual(['down', 'up', 'time']);
    expect(schema.at(-1)).toMatchObject({
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    });
    const { metadata } = await readFrameParquet(bytes);
    expect(JSON.parse(metadata.pandas ?? '')).toMatchObject({ index_columns: ['time'] });
  });

  it('reads bytes that lie within a larger buffer', async () => {
    const bytes = writeFrameParquet(frameOf({ down: [1, 2] }));
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 10);
    const { frame } = await readFrameParquet(larger.subarray(10, 10 + bytes.length));
    expect(columnOf(frame, 'down')).toEqual([1, 2]);
  });

  it('reads a missing value as an empty cell', async () => {
    const columnData = [
      { name: 'down', data: [1.5, null], type: 'DOUBLE' as const },
      { name: 'time', data: [new Date(0), new Date(1)], type: 'TIMESTAMP' as const },
    ];
    const { frame } = await readFrameParquet(new Uint8Array(parquetWriteBuffer({ columnData })));
    expect(columnOf(frame, 'down')).toEqual([1.5, Number.NaN]);
    expect([...frame.time]).toEqual([0, 1]);
  });

  it.each([
    ['text', new TextEncoder().encode('time,down\n'), 'is not a Parquet file'],
    ['nothing', new Uint8Array(), 'is not a Parquet file'],
    [
      'a table without time',
      new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'down', data: [1.5] }] })),
      'has no column "time"',
    ],
    [
      'a column of text',
      new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'down', data: ['x'] }] })),
      'column "down" has another type',
    ],
    ['a cut file', writeFrameParquet(frameOf({ down: [1, 2] })).subarray(40), 'is not a Parquet file'],
  ])('refuses %s', async (_what, bytes, message) => {
    await expect(readFrameParquet(bytes)).rejects.toThrow(message);
    await expect(readFrameParquet(bytes)).rejects.toMatchObject({ code: 'invalid_data' });
  });

  it('refuses to write a data column named time', () => {
    expect(() => writeFrameParquet(frameOf({ time: [1] }))).toThrow('cannot be named "time"');
  });
});
