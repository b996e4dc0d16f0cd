import { parseArgs } from 'node:util';
import { z } from 'zod';
import { AppError } from '../contracts/app-error.js';
import { StoredObject } from '../contracts/stored-object.js';
import { DemoRun, Evaluation } from './demo/demo-run.js';
import { followRun } from './demo/follow-run.js';
import { forecastPlot } from './demo/forecast-plot.js';
import { call } from './demo/gateway-client.js';
import { addresses, commands } from './demo/next-steps.js';
import { scoreboardTable } from './demo/scoreboard-table.js';
import { seattle, seattleCsv, seattleRows } from './demo/seattle-series.js';
import { runStack, untilStopped } from './run-stack.js';
import { paint, say } from './terminal.js';

// `npm run quickstart [-- --once]`: everything on this machine, and a first model trained, promoted and asked.

const identifier = 'quickstart';
const hoursAhead = 24;

/**
 * A day of history for a day ahead, and no calendar: the held-out rows are the last months of a year, which a net that
 * was trained on the others does not know.
 */
const settings = {
  input_seq_len: 24,
  output_seq_len: hoursAhead,
  time_features_enable: false,
  num_layers: 1,
  hidden_size: 64,
  learning_rate: 0.003,
  epochs: 12,
};

const { values: options } = parseArgs({ options: { once: { type: 'boolean', default: false } } });

await runStack(async ({ url, home }, stopping) => {
  await tellEarlierRuns(url);
  heading(`Loading ${seattle.dataset}: ${seattle.rows.toLocaleString('en')} hourly rows`);
  const stored = await call(`${url}/objects/dataset/${seattle.dataset}.csv`, StoredObject, {
    method: 'PUT',
    body: seattleCsv(),
  });
  say(`  ${stored.size.toLocaleString('en')} bytes, SHA-256 ${stored.sha256.slice(0, 16)}…`);

  heading('Training GRU, LSTM and PROPHET over HTTP: POST /pipeline-runs');
  const parameters = { dataset_name: seattle.dataset, identifier, targets: seattle.target, ...settings };
  const { id } = await call(`${url}/pipeline-runs`, DemoRun, {
    method: 'POST',
    json: { pipeline: 'forecasting', parameters },
  });
  const run = await followRun(url, id, stopping);
  if (run.state !== 'SUCCEEDED')
    throw new AppError('internal', `run ${id} ended ${run.state}; its logs are in ${home}/logs`);
  showEvaluation(run);
  await showForecast(url);

  heading('Go on from here');
  say(
    `${addresses(url)}\n  data and logs ${home}\n\n${commands(url, { identifier, dataset: seattle.dataset, runId: id })}`,
  );
  if (options.once) return;
  say('\nServing. Ctrl-C stops everything.');
  await untilStopped(stopping);
});

/** A second start finds what the first one left. */
async function tellEarlierRuns(url: string): Promise<void> {
  const Page = z.object({
    items: z.array(z.object({ identifier: z.string(), model_type: z.string(), version: z.int() })),
  });
  const { items } = await call(`${url}/promotions?identifier=${identifier}&limit=1`, Page);
  const [last] = items;
  if (last)
    say(
      `  found earlier runs: ${last.model_type} is promoted, promotion ${last.version} of ${last.identifier}`,
    );
}

function showEvaluation(run: DemoRun): void {
  const { scoreboard, gates, winner, serving } = Evaluation.parse(
    run.steps.find(({ name }) => name === 'evaluate')?.outputs,
  );
  heading('Scoreboard (held-out rows; scaled, and in °C)');
  say(scoreboardTable(scoreboard));
  const promoted = run.promotion_id !== null;
  heading(promoted ? `${winner} was promoted, because` : `${winner ?? 'Nothing'} was not promoted, because`);
  for (const { verdict, message } of gates)
    say(`  ${verdict === 'failed' ? paint('red', '✘') : paint('green', '✔')} ${message}`);
  if (!promoted && serving) say(`  ${serving.model_type}, version ${serving.model_version}, goes on serving`);
  if (!serving) throw new AppError('internal', 'no model serves after this run');
}

/** Asks for the last day of the file from the rows before it, and shows both. */
async function showForecast(url: string): Promise<void> {
  const Schema = z.object({ columns: z.array(z.string()), rows: z.int() });
  const { columns, rows } = await call(`${url}/predict/schema?identifier=${identifier}`, Schema);
  const series = seattleRows();
  const truth = series.slice(-hoursAhead);
  const history = series.slice(-hoursAhead - Math.max(rows, 2), -hoursAhead);
  const data = {
    time: history.map(({ time }) => time),
    ...Object.fromEntries(columns.map((name) => [name, history.map(({ values }) => values[name])])),
  };
  const Answer = z.object({
    model_type: z.string(),
    predictions: z.array(z.object({ [seattle.target]: z.number() })),
  });
  const began = performance.now();
  const { model_type, predictions } = await call(`${url}/predict`, Answer, {
    method: 'POST',
    json: { identifier, inference_length: hoursAhead, data },
  });
  const ms = (performance.now() - began).toFixed(0);
  heading(`POST /predict: ${hoursAhead} hours ahead from ${model_type} (${ms} ms)`);
  say(
    forecastPlot(
      truth.map(({ values }) => values[seattle.target] ?? Number.NaN),
      predictions.map((row) => row[seattle.target] ?? Number.NaN),
    ),
  );
}

function heading(text: string): void {
  say(`\n${paint('bold', text)}`);
}
