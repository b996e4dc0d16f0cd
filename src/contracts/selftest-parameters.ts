import { z } from 'zod';
import { Identifier } from './identifier.js';

export const selftestSteps = ['first', 'left', 'middle', 'right', 'join', 'last'] as const;

/** Parameters of a run that trains nothing: does every part of this installation do its work? */
export const SelftestParameters = z.strictObject({
  identifier: Identifier.default('selftest'),
  step_ms: z
    .int()
    .min(0)
    .max(600_000)
    .default(0)
    .meta({
      description: 'How long each step waits, in milliseconds.',
      examples: [0],
    }),
  fail_step: z
    .enum(selftestSteps)
    .optional()
    .meta({ description: 'A step that fails.', examples: ['left'] }),
  fail_attempts: z
    .int()
    .min(1)
    .max(10)
    .default(1)
    .meta({
      description: 'How many of its first attempts fail; three are made.',
      examples: [1],
    }),
});
