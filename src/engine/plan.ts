import type { z } from 'zod';
import type { GatePolicy } from '../contracts/gate-policy.js';
import type { Champion } from '../contracts/steps/evaluate.js';
import type { ModelType } from '../contracts/model-manifest.js';
import type { CacheInputs } from '../contracts/step-cache.js';
import type { StepInput, StepType } from '../contracts/steps/step-types.js';
import type { StepKind } from '../contracts/states.js';
import type { StepOutputs } from './step-outputs.js';

/** What a step's input is made from. */
export interface InputContext {
  run: { id: string; pipeline: string; identifier: string; config_hash: string | null; parameters: unknown };
  attempt: number;
  outputs: StepOutputs;
  /** What serves the run's identifier now. */
  champion(): Promise<Champion | null>;
  /** The conditions for a promotion of this run's winner. */
  gatePolicy(): Promise<GatePolicy>;
  /** Those of these versions of the identifier's model that may be promoted, see `promotableVersions`. */
  promotable(versions: readonly number[]): Promise<ReadonlySet<number>>;
}

/** What decides the result of a step besides its code. */
export interface Determinants {
  /** By name, so that people can be told which of them changed. */
  values: CacheInputs;
  /** Objects that can change under the same key: their digests count. */
  files: Record<string, { bucket: string; key: string }>;
  /** The digests of those files as the step read them: they may have changed between the question and the work. */
  filesRead?(outputs: StepOutputs): Record<string, string>;
  /** Asked for by the caller: do not reuse. */
  off?: string;
}

/** One node of a pipeline. */
export interface StepPlan<K extends StepType = StepType> {
  name: string;
  type: K;
  kind: StepKind;
  depends_on: readonly string[];
  /** `all` dependencies must have succeeded, or `any` one once all have ended. */
  needs: 'all' | 'any';
  /** The model that the step trains: each attempt then is a tracked run. */
  trains?: ModelType;
  /** A reason to leave the step out although its dependencies succeeded. */
  skip?(outputs: StepOutputs): string | undefined;
  input(context: InputContext): Promise<StepInput<K>> | StepInput<K>;
  /** For steps without effects on the world: the same determinants give the same result, which is then reused. */
  determinants?(context: InputContext): Determinants;
}

export type AnyStepPlan = { [K in StepType]: StepPlan<K> }[StepType];

/** A named graph of steps. */
export interface Pipeline {
  name: string;
  description: string;
  parameters: z.ZodType;
  steps: readonly AnyStepPlan[];
}
