import { setTimeout as delay } from 'node:timers/promises';
import logUpdate from 'log-update';
import { endedRuns } from '../../engine/transitions.js';
import { say } from '../terminal.js';
import { DemoRun, type DemoStep } from './demo-run.js';
import { call } from './gateway-client.js';
import { detail, stepLine } from './step-line.js';

const everyMs = 250;

/** Follows a run to its end: lines that are drawn anew in a terminal, plain ones elsewhere. */
export async function followRun(url: string, id: string, stopping: AbortSignal): Promise<DemoRun> {
  const show = process.stdout.isTTY ? redraw : plainLines();
  for (;;) {
    const run = await call(`${url}/pipeline-runs/${id}`, DemoRun);
    show(run);
    if (endedRuns.has(run.state)) {
      if (process.stdout.isTTY) logUpdate.done();
      return run;
    }
    await delay(everyMs, undefined, { signal: stopping });
  }
}

function redraw({ steps }: DemoRun): void {
  logUpdate(steps.map((step) => `  ${stepLine(step)}`).join('\n'));
}

/** A line when a step changes its state, and one for every tenth of its way. */
function plainLines(): (run: DemoRun) => void {
  const shown = new Map<string, string>();
  return ({ steps }) => {
    for (const step of steps) {
      const mark = markOf(step);
      if (mark === undefined || shown.get(step.name) === mark) continue;
      shown.set(step.name, mark);
      const percent = Math.round((step.progress?.fraction ?? 0) * 100);
      say(
        step.state === 'RUNNING'
          ? `  ● ${step.name.padEnd(14)} ${String(percent).padStart(3)} %  ${detail(step.progress)}`
          : `  ${stepLine(step)}`,
      );
    }
  };
}

function markOf({ state, progress }: DemoStep): string | undefined {
  if (state === 'PENDING' || state === 'QUEUED') return undefined;
  return state === 'RUNNING' ? `RUNNING ${Math.floor((progress?.fraction ?? 0) * 10)}` : state;
}
