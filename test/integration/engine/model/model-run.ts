/**
 * What a run of the forecasting pipeline does, written down a second time from the design and without the engine:
 * plain values, one thread, no clock.
 */
export const stepNames = [
  'preprocess',
  'train_gru',
  'train_lstm',
  'train_prophet',
  'evaluate',
  'infer',
] as const;
export type StepName = (typeof stepNames)[number];

export const trainerNames = ['train_gru', 'train_lstm', 'train_prophet'] as const;

export const dependencies: Record<StepName, readonly StepName[]> = {
  preprocess: [],
  train_gru: ['preprocess'],
  train_lstm: ['preprocess'],
  train_prophet: ['preprocess'],
  evaluate: trainerNames,
  infer: ['evaluate'],
};

export const maxFailures = 3;
export const maxCrashes = 5;

export interface ModelStep {
  state: string;
  attempt: number;
  failures: number;
  crashes: number;
  /** The claim that holds the lease. */
  claim: number | null;
  /** Its lease is over and nobody has noticed. */
  lapsed: boolean;
  /** Backs off: not to be claimed. `new` since this round: real time passes, and it may be due by now. */
  backOff: 'none' | 'new' | 'old';
}

export interface ModelRun {
  state: string;
  steps: Record<StepName, ModelStep>;
  /** Of the identifier, in their order: whose they are. The pointer's version is their number. */
  promotions: ('run' | 'operator')[];
  /** What evaluate found to serve after it. */
  serving: boolean;
  /** States in their order, per step and for `run`. */
  history: Record<string, string[]>;
  /** `evaluate 2 CRASHED`; an open one is `… null`. */
  attempts: string[];
}

export function newModel(): ModelRun {
  const step = (): ModelStep => ({
    state: 'PENDING',
    attempt: 0,
    failures: 0,
    crashes: 0,
    claim: null,
    lapsed: false,
    backOff: 'none',
  });
  const model: ModelRun = {
    state: 'PENDING',
    steps: {
      preprocess: step(),
      train_gru: step(),
      train_lstm: step(),
      train_prophet: step(),
      evaluate: step(),
      infer: step(),
    },
    promotions: [],
    serving: false,
    history: { run: ['PENDING'] },
    attempts: [],
  };
  settle(model);
  return model;
}

const ended = new Set(['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELED']);
export const isEnded = (state: string) => ended.has(state);

export function moveRun(model: ModelRun, state: string): void {
  model.state = state;
  (model.history.run ??= []).push(state);
}

export function moveStep(model: ModelRun, name: StepName, state: string): void {
  const step = model.steps[name];
  step.state = state;
  if (state === 'QUEUED') step.attempt += 1;
  if (state !== 'RUNNING') Object.assign(step, { claim: null, lapsed: false });
  (model.history[name] ??= []).push(state);
}

/** Frees, leaves out, and ends what can be. */
export function settle(model: ModelRun): void {
  const states = (names: readonly StepName[]) => names.map((name) => model.steps[name].state);
  if (model.state === 'CANCELING') {
    if (states(stepNames).every(isEnded)) moveRun(model, 'CANCELED');
    return;
  }
  for (const name of stepNames) {
    if (model.steps[name].state !== 'PENDING') continue;
    const before = states(dependencies[name]);
    if (!before.every(isEnded)) {
      // Only evaluate waits for the others when one of them is lost.
      if (name === 'evaluate' || before.every((state) => !isEnded(state) || state === 'SUCCEEDED')) continue;
    }
    const enough =
      name === 'evaluate' ? before.includes('SUCCEEDED') : before.every((state) => state === 'SUCCEEDED');
    const wanted = name !== 'infer' || model.serving;
    moveStep(model, name, enough && wanted ? 'QUEUED' : 'SKIPPED');
  }
  if (model.state !== 'RUNNING' || !states(stepNames).every(isEnded)) return;
  const lost = stepNames.filter((name) => model.steps[name].state === 'FAILED');
  const tolerated = (name: StepName) =>
    (trainerNames as readonly string[]).includes(name) && model.steps.evaluate.state !== 'SKIPPED';
  moveRun(model, lost.every(tolerated) ? 'SUCCEEDED' : 'FAILED');
}
