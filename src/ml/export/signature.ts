/**
 * What every forecaster that we export looks like from outside. It takes raw values and gives raw values:
 *
 * - `time`: INT64 `[batch, rows]`, epoch milliseconds UTC
 * - `columns`: FP64 `[batch, rows, C]`, the raw columns in the manifest's order, an empty cell as NaN
 * - `forecast`: FP64 `[batch, horizon, targets]`
 */
export const signature = { time: 'time', columns: 'columns', forecast: 'forecast' } as const;
