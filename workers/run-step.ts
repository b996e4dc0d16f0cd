import { readEnv } from '../src/config/env.js';
import { AppError } from '../src/contracts/app-error.js';
import { toStepError } from '../src/contracts/step-error.js';
import { type StepReport, StepTask } from '../src/contracts/step-message.js';
import {
  type StepInput,
  type StepResult,
  type StepType,
  stepTypes,
} from '../src/contracts/steps/step-types.js';
import { createObjectStore } from '../src/platform/object-store/create-object-store.js';
import { objectStoreSettings } from '../src/platform/object-store/object-store-settings.js';
import { flushOutput } from './flush-output.js';
import { type StepLog, stepLog } from './step-log.js';
import { steps } from './table.js';
import { watchParent } from './watch-parent.js';

/**
 * The step process: does one task after another for the worker that forked it. Training and other native work blocks
 * this process only; the worker stays able to renew its lease, and to kill this one.
 */
const env = readEnv();
const store = createObjectStore(objectStoreSettings(env));

process.on('message', (message) => void work(message));
// The worker is gone, and with it whoever would hear the result.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
watchParent();
// Ctrl-C reaches the whole process group; the worker decides when its processes end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
report({ kind: 'ready' });

async function work(message: unknown): Promise<void> {
  const log = stepLog(report);
  try {
    const result = await run(StepTask.parse(message), log);
    log.end();
    await flushOutput();
    report({ kind: 'done', result });
  } catch (error) {
    // Nobody expected it, so its stack is worth more than its message.
    if (error instanceof Error && !(error instanceof AppError))
      log.say(error.stack ?? error.message, 'error');
    log.end();
    await flushOutput();
    report({ kind: 'failed', error: toStepError(error) });
  }
}

async function run({ type, input, tracked_run_id }: StepTask, log: StepLog): Promise<unknown> {
  return stepTypes[type].result.parse(await runStep(type, input, tracked_run_id, log));
}

async function runStep<K extends StepType>(
  type: K,
  input: unknown,
  trackedRunId: string | null,
  log: StepLog,
): Promise<StepResult<K>> {
  const step = await steps[type]();
  const parsed = stepTypes[type].input.safeParse(input);
  if (!parsed.success)
    throw new AppError('internal', `the input of a ${type} step is not of its form`, { cause: parsed.error });
  return step(parsed.data as StepInput<K>, {
    store,
    trackedRunId,
    threads: env.TRAINING_THREADS,
    now: Date.now,
    log: log.say,
    progress: (progress) => report({ kind: 'progress', progress }),
    metrics: (points) =>
      report({ kind: 'metrics', points: points.map((point) => ({ ...point, timestamp: Date.now() })) }),
  });
}

function report(message: StepReport): void {
  process.send?.(message, undefined, undefined, () => {
    // The channel is closed: the disconnect handler ends this process.
  });
}
