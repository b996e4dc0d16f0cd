import type { StepProgress } from '../../src/contracts/step-progress.js';
import {
  type StepInput,
  type StepResult,
  type StepType,
  stepTypes,
} from '../../src/contracts/steps/step-types.js';
import type { ObjectStore } from '../../src/platform/object-store/object-store.js';
import type { StepContext } from '../../workers/step.js';
import { steps } from '../../workers/table.js';

/** A step's surroundings without a worker around it, and what it told them. */
export function stepContext(store: ObjectStore, overrides: Partial<StepContext> = {}) {
  const progress: StepProgress[] = [];
  const metrics: Parameters<StepContext['metrics']>[0] = [];
  const log: string[] = [];
  const context: StepContext = {
    store,
    log: (message, level = 'info') => log.push(`${level} ${message}`),
    progress: (report) => progress.push(report),
    metrics: (points) => metrics.push(...points),
    trackedRunId: 'tracked',
    threads: 1,
    now: () => Date.UTC(2024, 5, 1, 12),
    ...overrides,
  };
  return { context, progress, metrics, log };
}

/** Does a step as its process does: input and result go through their schemas. */
export async function runStep<K extends StepType>(
  type: K,
  input: StepInput<K>,
  context: StepContext,
): Promise<StepResult<K>> {
  const step = await steps[type]();
  const { input: inputSchema, result } = stepTypes[type];
  const answer = await step(inputSchema.parse(input) as StepInput<K>, context);
  return result.parse(answer) as StepResult<K>;
}
