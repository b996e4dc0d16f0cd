import type { LogLevel } from '../src/contracts/log-line.js';
import type { MetricPoint } from '../src/contracts/step-message.js';
import type { StepProgress } from '../src/contracts/step-progress.js';
import type { StepInput, StepResult, StepType } from '../src/contracts/steps/step-types.js';
import type { ObjectStore } from '../src/platform/object-store/object-store.js';

/** What a step can do besides computing. */
export interface StepContext {
  store: ObjectStore;
  /** Tells how far the step is; as often as it likes. */
  progress: (progress: StepProgress) => void;
  /** Says something for people to read; `info` unless told otherwise. */
  log: (message: string, level?: LogLevel) => void;
  /** Adds points to the attempt's tracked run. */
  metrics: (points: Omit<MetricPoint, 'timestamp'>[]) => void;
  /** Null for steps that train nothing. */
  trackedRunId: string | null;
  /** That a training may use at once. */
  threads: number;
  /** Wall clock, epoch milliseconds. */
  now: () => number;
}

/**
 * A step: from its input to its result. It may run twice, also at once with itself, so what it stores goes under the
 * digest of its bytes, and what the world sees changes with the transaction that completes the step.
 */
export type Step<K extends StepType> = (input: StepInput<K>, context: StepContext) => Promise<StepResult<K>>;
