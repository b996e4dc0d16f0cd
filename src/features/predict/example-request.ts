import type { ImportedManifest } from '../../contracts/imported-manifest.js';
import type { ModelManifest } from '../../contracts/model-manifest.js';
import type { Datatype, JsonTensor, TensorSpec } from '../../contracts/tensor.js';
import { readRecords } from './read-records.js';

const mostRecords = 3;

/** The history of a forecaster's example, as columns. */
export function exampleData({ example, columns }: ModelManifest): Record<string, unknown[]> {
  return {
    time: example.time.map((ms) => new Date(ms).toISOString()),
    ...Object.fromEntries(
      columns.map((name, column) => [name, example.columns.map((row) => row[column] ?? null)]),
    ),
  };
}

/** The first records of an imported model's example; of a model without one, a record of nothing but zeros. */
export function exampleRecords(
  { example }: Pick<ImportedManifest, 'example'>,
  columns: readonly TensorSpec[],
): Record<string, unknown>[] {
  return (example && recordsOf(example, columns)) ?? [emptyRecord(columns)];
}

function recordsOf(
  example: readonly JsonTensor[],
  columns: readonly TensorSpec[],
): Record<string, unknown>[] | undefined {
  const cells = columns.map(({ name, datatype }) => {
    const values = example.find((tensor) => tensor.name === name)?.data.flat(Infinity) ?? [];
    // The protocol lets a flag be a number, and a record does not.
    return [name, datatype === 'BOOL' ? values.map(Boolean) : values] as const;
  });
  const rows = Math.min(mostRecords, ...cells.map(([, values]) => values.length));
  const records = Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(cells.map(([name, values]) => [name, values[row]])),
  );
  return rows > 0 && isReadable(records, columns) ? records : undefined;
}

/** Tensors may hold what records do not, and an example has to work. */
function isReadable(records: readonly unknown[], columns: readonly TensorSpec[]): boolean {
  try {
    readRecords(records, columns);
    return true;
  } catch {
    return false;
  }
}

function emptyRecord(columns: readonly TensorSpec[]): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name, datatype }) => [name, emptyValue(datatype)]));
}

function emptyValue(datatype: Datatype): unknown {
  if (datatype === 'BYTES') return '';
  return datatype === 'BOOL' ? false : 0;
}
