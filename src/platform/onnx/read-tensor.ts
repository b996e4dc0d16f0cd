import { AppError } from '../../contracts/app-error.js';
import type { Datatype } from '../../contracts/tensor.js';
import {
  fillBooleans,
  fillDoubles,
  fillFloats,
  fillHalves,
  fillIntegers,
  fillLongs,
  fillTexts,
  type SmallIntegers,
} from './fill-elements.js';
import type { TensorArray, TensorData } from './tensor-data.js';

type Values = readonly unknown[];

interface Elements {
  /** What an element must be, for who sent another. */
  expected: string;
  /**
   * Copies rows behind one another into an array of so many elements.
   * @param refuse is told which row and which element of it is wrong
   */
  read: (
    rows: readonly Values[],
    count: number,
    refuse: (row: number, element: number) => never,
  ) => TensorArray;
}

/** More than any model has; each is a call on the stack where data is nested. */
const mostDimensions = 32;

const real = 'a finite number in its range, or null for an empty cell';
const digits = '; beyond 2^53, where JSON numbers are not exact, it comes as a text of digits';
const elements: Record<Datatype, Elements> = {
  BOOL: elementsOf('true or false', (count) => new Uint8Array(count), fillBooleans),
  INT8: integers(-128, 127, (count) => new Int8Array(count)),
  INT16: integers(-32_768, 32_767, (count) => new Int16Array(count)),
  INT32: integers(-2_147_483_648, 2_147_483_647, (count) => new Int32Array(count)),
  INT64: elementsOf(whole('-2^63', '2^63 - 1') + digits, (count) => new BigInt64Array(count), fillLongs),
  UINT8: integers(0, 255, (count) => new Uint8Array(count)),
  UINT16: integers(0, 65_535, (count) => new Uint16Array(count)),
  UINT32: integers(0, 4_294_967_295, (count) => new Uint32Array(count)),
  UINT64: elementsOf(whole('0', '2^64 - 1') + digits, (count) => new BigUint64Array(count), fillLongs),
  FP16: elementsOf(real, (count) => new Uint16Array(count), fillHalves),
  FP32: elementsOf(real, (count) => new Float32Array(count), fillFloats),
  FP64: elementsOf(real, (count) => new Float64Array(count), fillDoubles),
  BYTES: elementsOf(
    'a text of well-formed Unicode without a zero character',
    (count) => Array.from({ length: count }, () => ''),
    fillTexts,
  ),
};

/**
 * A tensor from JSON, checked and copied in one pass over its elements.
 *
 * @param data the elements in row-major order, flat or nested as the shape says
 * @param where what it is called in errors: `input "x"`
 * @throws AppError `invalid_request` that names the tensor, and the element when one is wrong
 */
export function readTensor(
  datatype: Datatype,
  shape: readonly number[],
  data: Values,
  where: string,
): TensorData {
  const count = countElements(shape, where);
  const isNested = shape.length > 1 && Array.isArray(data[0]);
  // A shape may lie: data has as many elements as it says before anything is allocated for them.
  const rows = isNested ? nestedRows(data, shape, where) : [data];
  if (!isNested && data.length !== count) {
    throw fault(where, `shape [${shape.join()}] makes ${count} elements, and data has ${data.length}`);
  }
  const { expected, read } = elements[datatype];
  return {
    shape,
    data: read(rows, count, (row, element) => {
      const place = isNested ? [...placeOfRow(row, shape), element] : [element];
      const value = show(rows[row]![element]);
      throw fault(where, `${at(place)} is ${value}; an element of ${datatype} is ${expected}`);
    }),
  };
}

/**
 * Elements of a datatype from JSON values, checked and copied as those of a tensor.
 * @param refuse is told which of them is wrong, and what an element must be
 */
export function readElements(
  datatype: Datatype,
  values: Values,
  refuse: (element: number, expected: string) => never,
): TensorArray {
  const { expected, read } = elements[datatype];
  return read([values], values.length, (_, element) => refuse(element, expected));
}

function elementsOf<T extends TensorArray>(
  expected: string,
  make: (count: number) => T,
  fill: (out: T, at: number, row: Values) => number,
): Elements {
  return {
    expected,
    read(rows, count, refuse) {
      const out = make(count);
      let start = 0;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const wrong = fill(out, start, row);
        if (wrong !== -1) refuse(i, wrong);
        start += row.length;
      }
      return out;
    },
  };
}

function integers(min: number, max: number, make: (count: number) => SmallIntegers): Elements {
  return elementsOf(whole(min, max), make, fillIntegers(min, max));
}

/** The product of a shape. One that is too large to be exact is larger than any data, which is all that matters. */
function countElements(shape: readonly number[], where: string): number {
  const isShape = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isShape || shape.length > mostDimensions) {
    throw fault(where, `a shape is a list of at most ${mostDimensions} whole numbers that are not negative`);
  }
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

/** The innermost lists, in order. */
function nestedRows(data: Values, shape: readonly number[], where: string): Values[] {
  const rows: Values[] = [];
  const place: number[] = [];
  const visit = (values: unknown) => {
    const size = shape[place.length]!;
    if (!Array.isArray(values) || values.length !== size) {
      const found = Array.isArray(values) ? `has ${values.length} elements` : `is ${show(values)}`;
      throw fault(where, `${at(place)} ${found}, where shape [${shape.join()}] has a list of ${size}`);
    }
    if (place.length === shape.length - 1) {
      rows.push(values);
      return;
    }
    place.push(0);
    for (let i = 0; i < values.length; i++) {
      place[place.length - 1] = i;
      visit(values[i]);
    }
    place.pop();
  };
  visit(data);
  return rows;
}

function placeOfRow(row: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = row;
  for (const size of shape.slice(0, -1).toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}

function whole(from: number | string, to: number | string): string {
  return `a whole number from ${from} to ${to}`;
}

function at(place: readonly number[]): string {
  return `data${place.map((index) => `[${index}]`).join('')}`;
}

/** Lists and objects are not repeated: they may be nested deeper than the stack. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function fault(where: string, what: string): AppError {
  const message = `${where}: ${what}`;
  return new AppError('invalid_request', message, { where, issues: [{ path: where, message: what }] });
}
