import type { Graph, Value } from '../onnx/graph.js';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Days in 400 Gregorian years, after which the calendar repeats. */
const eraDays = 146_097;
/** Days from 0000-03-01 to 1970-01-01. */
const epochFromMarch = 719_468;
/** Makes every day from the year -6000 on positive: integer division then rounds down, as the calendar needs. */
const shiftDays = 20 * eraDays;
/** Thursday, 1970-01-01, when Monday is 0. */
const epochWeekday = 3;

/**
 * The six time features of `time-features.ts`, in its order, from epoch milliseconds.
 *
 * @param time INT64 `[batch, rows]`
 * @returns FP64 `[batch, rows, 6]`
 */
export function appendTimeFeatures(graph: Graph, time: Value): Value {
  const int = (value: number) => graph.scalar(value, 'int64');
  const op = (name: string, a: Value, b: Value) => graph.op(name, [a, b]);
  const positive = op('Add', time, int(shiftDays * dayMs));
  const days = op('Div', positive, int(dayMs));
  const minute = op('Div', op('Mod', positive, int(dayMs)), int(minuteMs));
  // The shift is a whole number of weeks: 20 · 146097 = 7 · 417420.
  const weekday = op('Mod', op('Add', days, int(epochWeekday)), int(7));
  const features = [
    { value: minute, period: 1440 },
    { value: weekday, period: 7 },
    { value: appendDayOfYear(graph, days), period: 365.25 },
  ].flatMap(({ value, period }) => {
    const scaled = op('Mul', graph.cast(value, 'double'), graph.scalar(2 * Math.PI, 'double'));
    const angle = op('Div', scaled, graph.scalar(period, 'double'));
    return [graph.op('Sin', [angle]), graph.op('Cos', [angle])];
  });
  const last = graph.ints([-1]);
  return graph.op(
    'Concat',
    features.map((feature) => graph.op('Unsqueeze', [feature, last])),
    { axis: -1 },
  );
}

/**
 * Day of the year, 1 to 366, in integer arithmetic: Hinnant's `civil_from_days`
 * (howardhinnant.github.io/date_algorithms.html), whose years begin on March 1.
 *
 * @param days INT64, days since 1970-01-01 plus `shiftDays`
 */
function appendDayOfYear(graph: Graph, days: Value): Value {
  const int = (value: number) => graph.scalar(value, 'int64');
  const op = (name: string, a: Value, b: Value) => graph.op(name, [a, b]);
  const dayOfEra = op('Mod', op('Add', days, int(epochFromMarch)), int(eraDays));
  const corrected = op(
    'Sub',
    op('Add', op('Sub', dayOfEra, op('Div', dayOfEra, int(1460))), op('Div', dayOfEra, int(36_524))),
    op('Div', dayOfEra, int(146_096)),
  );
  const year = op('Div', corrected, int(365));
  const century = op('Div', year, int(100));
  const yearStart = op('Sub', op('Add', op('Mul', year, int(365)), op('Div', year, int(4))), century);
  const fromMarch = op('Sub', dayOfEra, yearStart);
  // March to December: 59 days before March, one more in a leap year; January and February are the year's days 306 on.
  // The year is that of its era: of the centuries only the first, 0, is a leap year.
  const isZero = (value: Value) => op('Equal', value, int(0));
  const leap = op(
    'Or',
    op('And', isZero(op('Mod', year, int(4))), graph.op('Not', [isZero(op('Mod', year, int(100)))])),
    isZero(year),
  );
  const march = op('Add', op('Add', fromMarch, int(60)), graph.cast(leap, 'int64'));
  return graph.op('Where', [op('Less', fromMarch, int(306)), march, op('Sub', fromMarch, int(305))]);
}
