import { SelftestParameters, type selftestSteps } from '../../contracts/selftest-parameters.js';
import type { StepKind } from '../../contracts/states.js';
import type { Pipeline, StepPlan } from '../plan.js';

/** The shape of the forecasting pipeline without its work: an operator's check, and what the engine is measured with. */
export const selftest: Pipeline = {
  name: 'selftest',
  description: 'Six steps that only wait: shows that gateway, database, queue and workers work together.',
  parameters: SelftestParameters,
  steps: [
    pause('first', 'preprocess', []),
    pause('left', 'train', ['first']),
    pause('middle', 'train', ['first']),
    pause('right', 'train', ['first']),
    pause('join', 'evaluate', ['left', 'middle', 'right'], 'any'),
    pause('last', 'infer', ['join']),
  ],
};

function pause(
  name: (typeof selftestSteps)[number],
  kind: StepKind,
  depends_on: string[],
  needs: 'all' | 'any' = 'all',
): StepPlan<'pause'> {
  return {
    name,
    kind,
    depends_on,
    needs,
    type: 'pause',
    input: ({ run, attempt }) => {
      const { step_ms, fail_step, fail_attempts } = SelftestParameters.parse(run.parameters);
      return { milliseconds: step_ms, failures: fail_step === name ? fail_attempts : 0, attempt };
    },
  };
}
