import type { StepName } from './model-run.js';

export const endings = ['SUCCEEDED', 'FAILED', 'PERMANENT', 'CRASHED', 'CANCELED', 'SHUTDOWN'] as const;
export type EndingName = (typeof endings)[number];

/** What workers, operators and the reconciler do, all at once. */
export type Operation =
  | { kind: 'claim'; step: StepName; attempt: number; claim: number }
  /** `pointerSeen`: evaluate decided when the identifier's pointer had this version. */
  | {
      kind: 'finish';
      claim: number;
      step: StepName;
      ending: EndingName;
      accepted: boolean;
      pointerSeen: number;
    }
  | { kind: 'renew'; claim: number; step: StepName }
  /** The reconciler, for one step whose lease was over when it looked. */
  | { kind: 'expire'; step: StepName }
  | { kind: 'cancel' }
  | { kind: 'retry' }
  /** An operator promotes something else for the identifier. */
  | { kind: 'promote' }
  /** The reconciler derives everything again. */
  | { kind: 'settle' };

/** What it answered; undefined when it answers nothing. */
export type Answer = string | undefined;
