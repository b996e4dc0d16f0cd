import { type ModelRun, stepNames, type StepName } from './model-run.js';
import type { Operation } from './operation.js';
import type { Wish } from './program.js';

/** An attempt that was claimed at some time, by the number that the test gave the claim. */
export interface KnownClaim {
  claim: number;
  step: StepName;
}

/**
 * What a wish comes to with this run. One that the run offers nothing for becomes one that takes it further; nothing
 * is left to be wished for a run that succeeded, except by those who come late.
 */
export function chooseOperations(
  model: ModelRun,
  claims: readonly KnownClaim[],
  wish: Wish,
  newClaim: () => number,
): Operation[] {
  const further = ['FAILED', 'CANCELED'].includes(model.state) ? 'retry' : 'claim';
  for (const kind of [wish.kind, further, 'finish'] as const) {
    const operations = choose(model, claims, { ...wish, kind }, newClaim);
    if (operations.length > 0) return operations;
  }
  return [];
}

function choose(
  model: ModelRun,
  claims: readonly KnownClaim[],
  wish: Wish,
  newClaim: () => number,
): Operation[] {
  const held = claims.filter(({ claim, step }) => model.steps[step].claim === claim);
  const zombies = claims.filter((known) => !held.includes(known));
  const pick = <T>(from: readonly T[]): T | undefined => from[wish.which % Math.max(1, from.length)];
  const finish = (known: KnownClaim | undefined): Operation[] => {
    if (!known) return [];
    const { ending, accepted } = wish;
    // A worker stops for a cancel only when there is one.
    const possible = ending === 'CANCELED' && model.state !== 'CANCELING' ? 'SUCCEEDED' : ending;
    return [{ ...known, kind: 'finish', ending: possible, accepted, pointerSeen: model.promotions.length }];
  };
  switch (wish.kind) {
    case 'claim': {
      // Of a running step the job of the next attempt, which comes when this very round gives it back.
      const wanted = wish.attemptOff === 1 ? ['QUEUED', 'RUNNING'] : ['QUEUED'];
      const step = pick(stepNames.filter((name) => wanted.includes(model.steps[name].state)));
      if (!step) return [];
      const number = Math.max(1, model.steps[step].attempt + wish.attemptOff);
      return [{ kind: 'claim', step, attempt: number, claim: newClaim() }];
    }
    case 'finish':
      return finish(pick(held));
    case 'late finish':
      // Best of all a zombie whose step somebody else works on by now.
      return finish(pick(zombies.filter(({ step }) => model.steps[step].claim !== null)) ?? pick(zombies));
    case 'renew': {
      const known = pick(claims);
      return known ? [{ ...known, kind: 'renew' }] : [];
    }
    case 'expire':
      return stepNames.filter((name) => model.steps[name].lapsed).map((step) => ({ kind: 'expire', step }));
    case 'promote':
      return trained(model) ? [{ kind: 'promote' }] : [];
    case 'retry':
      // That one which has not ended is refused need not be seen every time.
      return ['FAILED', 'CANCELED'].includes(model.state) || wish.which === 0 ? [{ kind: 'retry' }] : [];
    default:
      return [{ kind: wish.kind }];
  }
}

/** There is a version that an operator could promote. */
const trained = ({ steps }: ModelRun) =>
  [steps.train_gru, steps.train_lstm, steps.train_prophet].some(({ state }) => state === 'SUCCEEDED');
