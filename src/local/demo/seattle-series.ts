import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../platform/project-root.js';

export const seattle = { dataset: 'seattle-weather', target: 'temperature', rows: 8_759 };

/** Hourly climate normals of Seattle, from the npm package `vega-datasets`: `date, pressure, temperature, wind`. */
export function seattleCsv(): Buffer {
  const folder = path.join(projectRoot(), 'node_modules/vega-datasets');
  return readFileSync(path.join(folder, 'data/seattle-weather-hourly-normals.csv'));
}

export interface SeattleRow {
  time: string;
  values: Record<string, number>;
}

/** Its rows, as somebody who has the file would read them. */
export function seattleRows(): SeattleRow[] {
  const [header = '', ...lines] = seattleCsv().toString('utf8').trim().split('\n');
  const [, ...names] = header.trim().split(',');
  return lines.map((line) => {
    const [time = '', ...cells] = line.trim().split(',');
    return { time, values: Object.fromEntries(names.map((name, i) => [name, Number(cells[i])])) };
  });
}
