import { AppError } from '../../contracts/app-error.js';
import type { TensorSpec } from '../../contracts/tensor.js';
import { readElements } from '../../platform/onnx/read-tensor.js';
import type { TensorData } from '../../platform/onnx/tensor-data.js';
import { showValue } from './show-value.js';

/**
 * Records as the inputs of a model that has one for each column, in the order of its signature. Columns that the model
 * does not take are left alone.
 *
 * @throws AppError `invalid_request` that names the record (counted from 0) and the column
 */
export function readRecords(records: readonly unknown[], inputs: readonly TensorSpec[]): TensorData[] {
  const columns = columnsOf(records, inputs);
  return inputs.map(({ name, datatype, shape }, i) => {
    const values = columns[i]!;
    const data = readElements(datatype, values, (row, expected) => {
      const found = `${showValue(values[row])} is no value of column "${name}": ${datatype} is ${expected}`;
      throw fault(`records.${row}.${name}`, found);
    });
    return { shape: [records.length, ...shape.slice(1)], data };
  });
}

/** The values of each input, a row each. */
function columnsOf(records: readonly unknown[], inputs: readonly TensorSpec[]): unknown[][] {
  const columns = inputs.map((): unknown[] => []);
  for (let row = 0; row < records.length; row++) {
    const record = records[row];
    if (!isRecord(record)) {
      throw fault(`records.${row}`, `${showValue(record)} is no record: give columns by their names`);
    }
    for (let i = 0; i < inputs.length; i++) {
      const { name } = inputs[i]!;
      // Not by plain access: a column may be called `constructor`.
      if (!Object.hasOwn(record, name)) throw missing(record, row, inputs);
      columns[i]!.push(record[name]);
    }
  }
  return columns;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function missing(record: object, row: number, inputs: readonly TensorSpec[]): AppError {
  const names = inputs.map(({ name }) => name);
  const gone = names.filter((name) => !Object.hasOwn(record, name));
  const message = `Missing required feature columns: ${gone.join(', ')} (in record ${row}; the model takes ${names.join(', ')})`;
  return fault(`records.${row}`, message);
}

function fault(path: string, message: string): AppError {
  return new AppError('invalid_request', message, { issues: [{ path, message }] });
}
