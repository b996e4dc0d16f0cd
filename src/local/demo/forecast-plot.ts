import plot from 'simple-ascii-chart';

/** The true values as a line, and a forecast of the same hours as dots. */
export function forecastPlot(actual: readonly number[], forecast: readonly number[]): string {
  const colours = process.stdout.isTTY;
  return plot(
    actual.map((value, hour) => [hour + 1, value]),
    {
      width: 72,
      height: 12,
      yRange: rangeOf([...actual, ...forecast]),
      points: forecast.map((y, hour) => ({ x: hour + 1, y, ...(colours && { color: 'ansiYellow' }) })),
      ...(colours && { color: 'ansiBlue' }),
      symbols: { point: '●' },
      customXAxisTicks: [1, 6, 12, 18, 24],
      formatter: (value, { axis }) => (axis === 'y' ? value.toFixed(1) : value),
      legend: { position: 'bottom', series: 'true values (°C)', points: 'forecast' },
      xLabel: 'hours ahead',
    },
  );
}

function rangeOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
