import type { StepRef } from './step-ref.js';

/** The right to work on one attempt of a step. Every write of its holder counts only while the token is current. */
export interface Lease extends StepRef {
  lease_token: string;
}
