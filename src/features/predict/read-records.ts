import { AppError } from '../../contracts/app-error.js';
import type { TensorSpec } from '../../contracts/tensor.js';
import type { TensorData } from '../../platform/onnx/tensor-data.js';
import { columnTypes } from './cell-columns.js';
import { showValue } from './show-value.js';

/**
 * Records as the inputs of a model that has one for each column, in the order of its signature: checked and copied in
 * one pass. Columns that the model does not take are left alone.
 *
 * @throws AppError `invalid_request` that names the record (counted from 0) and the column
 */
export function readRecords(records: readonly unknown[], inputs: readonly TensorSpec[]): TensorData[] {
  const columns = inputs.map(({ name, datatype, shape }) => {
    const { takes, make } = columnTypes[datatype];
    return { name, datatype, takes, shape: [records.length, ...shape.slice(1)], cells: make(records.length) };
  });
  records.forEach((record, row) => {
    if (!isRecord(record)) {
      throw fault(`records.${row}`, `${showValue(record)} is no record: give columns by their names`);
    }
    for (const { name, datatype, takes, cells } of columns) {
      // Not by plain access: a column may be called `constructor`.
      if (!Object.hasOwn(record, name)) throw missing(record, row, inputs);
      const value = record[name];
      if (cells.put(row, value)) continue;
      const found = `${showValue(value)} is none of what column "${name}" (${datatype}) takes: ${takes}`;
      throw fault(`records.${row}.${name}`, found);
    }
  });
  return columns.map(({ shape, cells }) => ({ shape, data: cells.data }));
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
