import type { ScoreboardRow } from '../../contracts/scoreboard.js';
import { paint } from '../terminal.js';

const columns: { title: string; width: number; of: (row: ScoreboardRow) => string }[] = [
  { title: 'score', width: 9, of: ({ score }) => number(score, 5) },
  { title: 'rmse', width: 9, of: ({ rmse }) => number(rmse, 5) },
  { title: 'mae', width: 9, of: ({ mae }) => number(mae, 5) },
  { title: 'rmse raw', width: 10, of: ({ rmse_raw }) => number(rmse_raw, 4) },
  { title: 'mae raw', width: 10, of: ({ mae_raw }) => number(mae_raw, 4) },
  { title: 'seconds', width: 8, of: ({ seconds }) => seconds.toFixed(1) },
];

/** The models of a run, best first. */
export function scoreboardTable(rows: readonly ScoreboardRow[]): string {
  const head = `  ${'model'.padEnd(8)}${columns.map(({ title, width }) => title.padStart(width + 1)).join('')}  sees`;
  const lines = rows.map((row) => {
    const cells = columns.map(({ width, of }) => of(row).padStart(width + 1)).join('');
    const line = `${row.promoted ? '★' : ' '} ${row.model_type.padEnd(8)}${cells}  ${row.information}`;
    return row.promoted ? paint('green', line) : line;
  });
  return [paint('bold', head), ...lines].join('\n');
}

function number(value: number | null, digits: number): string {
  return value === null ? '–' : value.toPrecision(digits);
}
