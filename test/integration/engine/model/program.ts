import fc from 'fast-check';
import type { EndingName } from './operation.js';

/**
 * What somebody wants to do, before it is known what there is to do it with: `which` chooses among what the run
 * offers at that moment, so that nearly everything generated does something.
 */
export interface Wish {
  kind: 'claim' | 'finish' | 'late finish' | 'renew' | 'expire' | 'cancel' | 'retry' | 'promote' | 'settle';
  which: number;
  ending: EndingName;
  accepted: boolean;
  /** Of a claim: the job of an older or newer attempt than the current one. */
  attemptOff: number;
}

export interface Round {
  /** Leases whose worker goes silent before the round. */
  lapses: number[];
  /** Whether what backs off is due before the round. */
  due: boolean;
  /** All at once. */
  wishes: Wish[];
}

/** How far a run is when the rounds begin. */
export const beginnings = [
  'created',
  'preprocessed',
  'training',
  'one trainer lost',
  'evaluating',
  'inferring',
] as const;

export interface Program {
  beginning: (typeof beginnings)[number];
  rounds: Round[];
}

const weighted = <T extends string>(weights: Record<T, number>) =>
  fc.oneof(
    ...(Object.entries(weights) as [T, number][]).map(([value, weight]) => ({
      arbitrary: fc.constant(value),
      weight,
    })),
  );

const wish: fc.Arbitrary<Wish> = fc.record({
  kind: weighted({
    claim: 8,
    finish: 10,
    'late finish': 2,
    renew: 1,
    expire: 3,
    cancel: 1,
    retry: 2,
    promote: 3,
    settle: 1,
  }),
  which: fc.nat(5),
  ending: weighted({ SUCCEEDED: 10, FAILED: 3, PERMANENT: 2, CRASHED: 2, CANCELED: 2, SHUTDOWN: 1 }),
  accepted: fc.boolean(),
  attemptOff: fc.oneof(
    { arbitrary: fc.constant(0), weight: 8 },
    { arbitrary: fc.constantFrom(-1, 1), weight: 1 },
  ),
});

const round: fc.Arbitrary<Round> = fc.record({
  lapses: fc.array(fc.nat(3), { maxLength: 2 }),
  due: fc.boolean(),
  wishes: fc.array(wish, { minLength: 1, maxLength: 4 }),
});

export const program: fc.Arbitrary<Program> = fc.record({
  beginning: fc.constantFrom(...beginnings),
  rounds: fc.array(round, { minLength: 4, maxLength: 14 }),
});
