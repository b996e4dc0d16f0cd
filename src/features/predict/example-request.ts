import type { ImportedManifest } from '../../contracts/imported-manifest.js';
import type { ModelManifest } from '../../contracts/model-manifest.js';
import type { Datatype, JsonTensor, TensorSpec } from '../../contracts/tensor.js';

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

/** The first records of an imported model's example; without one that has any, a record of nothing but zeros. */
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
  const cells = columns.map(
    ({ name }) => [name, example.find((tensor) => tensor.name === name)?.data.flat() ?? []] as const,
  );
  const rows = Math.min(mostRecords, ...cells.map(([, values]) => values.length));
  if (rows === 0) return undefined;
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(cells.map(([name, values]) => [name, values[row]])),
  );
}

function emptyRecord(columns: readonly TensorSpec[]): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name, datatype }) => [name, emptyValue(datatype)]));
}

function emptyValue(datatype: Datatype): unknown {
  if (datatype === 'BYTES') return '';
  return datatype === 'BOOL' ? false : 0;
}
