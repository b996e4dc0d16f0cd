import { AppError } from '../contracts/app-error.js';
import { type StepOutput, type StepType, stepTypes } from '../contracts/steps/step-types.js';

interface FinishedStep {
  name: string;
  type: string;
  state: string;
  outputs: unknown;
}

/** The outputs of a run's steps, parsed when they are asked for. */
export class StepOutputs {
  constructor(private readonly steps: readonly FinishedStep[]) {}

  /** Undefined when the step did not succeed. */
  find<K extends StepType>(name: string, type: K): StepOutput<K> | undefined {
    const step = this.steps.find((candidate) => candidate.name === name && candidate.type === type);
    if (step?.state !== 'SUCCEEDED') return undefined;
    // Indexing the table by a type parameter loses the pairing of key and schema that the table itself holds.
    return stepTypes[type].output.parse(step.outputs) as StepOutput<K>;
  }

  get<K extends StepType>(name: string, type: K): StepOutput<K> {
    const output = this.find(name, type);
    if (output === undefined) throw new AppError('internal', `step ${name} has no outputs`);
    return output;
  }
}
