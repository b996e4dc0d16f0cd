import { parquetMetadata, parquetRead, type SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { AppError } from '../contracts/app-error.js';
import { makeFrame, type Frame } from './frame.js';
import { pandasMetadata } from './pandas-metadata.js';

const timeElement: SchemaElement = {
  name: 'time',
  type: 'INT64',
  converted_type: 'TIMESTAMP_MILLIS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  repetition_type: 'REQUIRED',
};

/**
 * A frame as a Parquet file: its columns as doubles (an empty cell is NaN), then `time`, which pandas takes for the
 * index.
 *
 * @param metadata key-value metadata of the file, beside `pandas`.
 * @throws AppError `invalid_data` when a data column is named `time`.
 */
export function writeFrameParquet(frame: Frame, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const names = frame.columns.map(({ name }) => name);
  if (names.includes('time')) throw new AppError('invalid_data', 'a data column cannot be named "time"');
  const doubles = names.map((name): SchemaElement => ({ name, type: 'DOUBLE', repetition_type: 'REQUIRED' }));
  const bytes = parquetWriteBuffer({
    columnData: [
      ...frame.columns.map(({ name, values }) => ({ name, data: values })),
      { name: 'time', data: frame.time },
    ],
    schema: [{ name: 'schema', num_children: names.length + 1 }, ...doubles, timeElement],
    rowGroupSize: 100_000,
    kvMetadata: Object.entries({ ...metadata, pandas: pandasMetadata(names) }).map(([key, value]) => ({
      key,
      value,
    })),
    createdBy: 'trainyard',
  });
  return new Uint8Array(bytes);
}

/** Copies `bytes` into a buffer of its own when it is a view into a larger one, as a Node Buffer often is. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer;
  return Uint8Array.from(bytes).buffer;
}

async function readColumns(bytes: Uint8Array) {
  const file = ownBuffer(bytes);
  const parsed = parquetMetadata(file);
  const [, ...elements] = parsed.schema;
  const wrong = elements.find(({ name, type, converted_type, num_children }) =>
    name === 'time' ? converted_type !== 'TIMESTAMP_MILLIS' : type !== 'DOUBLE' || num_children !== undefined,
  );
  if (wrong) throw new AppError('invalid_data', `column "${wrong.name}" has another type than a frame's`);
  const rows = Number(parsed.num_rows);
  const columns = elements.map(({ name }) => ({ name, values: new Float64Array(rows) }));
  const byName = new Map(columns.map(({ name, values }) => [name, values]));
  await parquetRead({
    file,
    metadata: parsed,
    parsers: { timestampFromMilliseconds: Number },
    onChunk: ({ columnName, columnData, rowStart }) => {
      // `Number(null)` would make a missing value a zero.
      const chunk = Float64Array.from(columnData, (value: unknown) =>
        value === null || value === undefined ? Number.NaN : Number(value),
      );
      byName.get(columnName)?.set(chunk, rowStart);
    },
  });
  return { parsed, columns };
}

/**
 * Reads back what `writeFrameParquet` wrote.
 * @throws AppError `invalid_data` when the bytes are no Parquet file of a frame.
 */
export async function readFrameParquet(
  bytes: Uint8Array,
): Promise<{ frame: Frame; metadata: Record<string, string> }> {
  const { parsed, columns } = await readColumns(bytes).catch((error: unknown) => {
    if (error instanceof AppError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError('invalid_data', `is not a Parquet file that can be read: ${why}`, { cause: error });
  });
  const time = columns.find(({ name }) => name === 'time');
  if (!time) throw new AppError('invalid_data', 'the Parquet file has no column "time"');
  const pairs = (parsed.key_value_metadata ?? []).map(({ key, value = '' }): [string, string] => [
    key,
    value,
  ]);
  return {
    frame: makeFrame(
      time.values,
      columns.filter((column) => column !== time),
    ),
    metadata: Object.fromEntries(pairs),
  };
}
