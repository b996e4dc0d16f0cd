import type { PipelineRun } from '../../src/contracts/pipeline-run.js';
import { smallRun } from './small-series.js';

/** A run whose nets train for some seconds, so that there is time to kill something. */
export const longRun = { ...smallRun, epochs: 250, patience: 10_000 };

/** A run whose nets train for minutes: for what is stopped on purpose. */
export const endlessRun = { ...smallRun, epochs: 10_000, patience: 10_000 };

/** A net is in the middle of its training. */
export function isTraining({ steps }: PipelineRun): boolean {
  return steps.some(
    ({ name, state, progress }) => /gru|lstm/.test(name) && state === 'RUNNING' && (progress?.epoch ?? 0) > 0,
  );
}
