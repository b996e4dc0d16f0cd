import {
  isEnded,
  maxCrashes,
  maxFailures,
  type ModelRun,
  type ModelStep,
  moveRun,
  moveStep,
  settle,
  type StepName,
  stepNames,
} from './model-run.js';
import type { Answer, EndingName, Operation } from './operation.js';

/** The run after the operation, or undefined when it cannot have answered so. */
export function applyOperation(before: ModelRun, operation: Operation, answer: Answer): ModelRun | undefined {
  const model = structuredClone(before);
  return effects(model, operation, answer) === answer ? model : undefined;
}

/** Changes the run and gives the answer. */
function effects(model: ModelRun, operation: Operation, answer: Answer): Answer {
  switch (operation.kind) {
    case 'claim':
      return claim(model, operation, answer);
    case 'finish':
      return finish(model, operation);
    case 'renew': {
      const step = model.steps[operation.step];
      if (step.claim !== operation.claim) return 'lost';
      step.lapsed = false;
      return 'renewed';
    }
    case 'expire': {
      if (model.steps[operation.step].lapsed) end(model, operation.step, 'CRASHED');
      return undefined;
    }
    case 'cancel':
      return cancel(model);
    case 'retry':
      return retry(model);
    case 'promote':
      model.promotions.push('operator');
      return undefined;
    case 'settle':
      return undefined;
  }
}

function claim(model: ModelRun, operation: Operation & { kind: 'claim' }, answer: Answer): Answer {
  const step = model.steps[operation.step];
  if (step.state !== 'QUEUED' || step.attempt !== operation.attempt) return 'refused';
  if (step.backOff === 'old') return 'refused';
  // It failed in this very round: whether its back-off was over is a question of time alone.
  if (step.backOff === 'new' && answer === 'refused') return 'refused';
  Object.assign(step, {
    claim: operation.claim,
    lapsed: false,
    backOff: 'none',
  } satisfies Partial<ModelStep>);
  if (model.state === 'PENDING') moveRun(model, 'RUNNING');
  moveStep(model, operation.step, 'RUNNING');
  model.attempts.push(`${operation.step} ${operation.attempt} null`);
  return 'won';
}

function finish(model: ModelRun, operation: Operation & { kind: 'finish' }): Answer {
  const { step: name, ending, accepted, pointerSeen } = operation;
  if (model.steps[name].claim !== operation.claim) return 'lost';
  const decides = name === 'evaluate' && ending === 'SUCCEEDED' && model.state !== 'CANCELING';
  if (decides) {
    if (pointerSeen !== model.promotions.length) return 'stale';
    if (accepted) model.promotions.push('run');
    model.serving = model.promotions.length > 0;
  }
  end(model, name, ending);
  return 'done';
}

/** Ends the running attempt. */
function end(model: ModelRun, name: StepName, asked: EndingName): void {
  const step = model.steps[name];
  const ending = model.state === 'CANCELING' ? 'CANCELED' : asked;
  const outcome = { PERMANENT: 'FAILED', SHUTDOWN: 'CANCELED' }[ending as string] ?? ending;
  const open = model.attempts.indexOf(`${name} ${step.attempt} null`);
  model.attempts[open] = `${name} ${step.attempt} ${outcome}`;
  if (outcome === 'FAILED') step.failures += 1;
  if (outcome === 'CRASHED') step.crashes += 1;
  if (ending === 'SUCCEEDED' || ending === 'CANCELED') moveStep(model, name, ending);
  else if (ending === 'PERMANENT' || step.failures >= maxFailures || step.crashes >= maxCrashes) {
    moveStep(model, name, 'FAILED');
  } else {
    moveStep(model, name, 'QUEUED');
    step.backOff = ending === 'FAILED' ? 'new' : 'none';
  }
  settle(model);
}

function cancel(model: ModelRun): Answer {
  if (model.state === 'CANCELING' || model.state === 'CANCELED') return 'accepted';
  if (isEnded(model.state)) return 'conflict';
  for (const name of stepNames) {
    const { state } = model.steps[name];
    if (state === 'PENDING' || state === 'QUEUED') moveStep(model, name, 'CANCELED');
  }
  if (model.state === 'PENDING') moveRun(model, 'CANCELED');
  else {
    moveRun(model, 'CANCELING');
    settle(model);
  }
  return 'accepted';
}

function retry(model: ModelRun): Answer {
  if (model.state !== 'FAILED' && model.state !== 'CANCELED') return 'conflict';
  moveRun(model, 'RUNNING');
  for (const name of stepNames) {
    if (model.steps[name].state === 'SUCCEEDED') continue;
    Object.assign(model.steps[name], {
      failures: 0,
      crashes: 0,
      backOff: 'none',
    } satisfies Partial<ModelStep>);
    moveStep(model, name, 'PENDING');
  }
  settle(model);
  return 'accepted';
}
