import { z } from 'zod';

export const gateNames = [
  'finite_metrics',
  'runs_its_example',
  'beats_naive',
  'not_worse_than_champion',
  'better_than_champion',
  'within_limits',
  'enough_rows',
  'fast_enough',
  'small_enough',
  'approved',
] as const;

/** One condition for a promotion, with what it looked at. */
export const Gate = z
  .object({
    name: z.enum(gateNames),
    verdict: z.enum(['passed', 'failed', 'not_comparable', 'pending']).meta({
      description:
        'failed refuses; pending waits for an approval; not_comparable, where nothing can be said, lets it pass.',
    }),
    inputs: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
    message: z.string(),
  })
  .meta({ id: 'Gate' });
export type Gate = z.infer<typeof Gate>;

/** What has to hold for whatever serves: nobody can override it. */
const indispensable: Gate['name'] = 'runs_its_example';

/**
 * What all gates together say.
 * @param override somebody wants the promotion although gates fail, or without an approval
 */
export function verdictOf(
  gates: readonly Gate[],
  { override = false } = {},
): 'accepted' | 'refused' | 'pending' {
  const failed = gates.filter(({ verdict }) => verdict === 'failed');
  if (failed.some(({ name }) => !override || name === indispensable)) return 'refused';
  return !override && gates.some(({ verdict }) => verdict === 'pending') ? 'pending' : 'accepted';
}

/** The gate that only somebody can open. */
export const unapproved: Gate = {
  name: 'approved',
  verdict: 'pending',
  inputs: {},
  message: 'somebody has to approve it',
};
