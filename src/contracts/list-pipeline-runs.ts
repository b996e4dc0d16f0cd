import { z } from 'zod';
import { Identifier } from './identifier.js';
import { PageQuery } from './page.js';
import { QueryTime } from './query-time.js';
import { RunState } from './states.js';
import { tagFilter } from './tag-filter.js';

export const runSortColumns = ['created_at', 'started_at', 'ended_at', 'priority'] as const;
const sorts = runSortColumns.flatMap((column) => [column, `-${column}`] as const);

const states = RunState.options.join('|');

/** `FAILED,CANCELED`. Sorted, so that the same filter is the same whatever its order. */
const RunStates = z
  .string()
  .regex(
    new RegExp(`^(${states})(,(${states}))*$`),
    `must be one or several of ${RunState.options.join(', ')}, separated by commas`,
  )
  .transform((text) => z.array(RunState).parse([...new Set(text.split(','))].sort()))
  .meta({ description: 'One state, or several separated by commas.', examples: ['FAILED,CANCELED'] });

const uuid = (description: string) => z.uuid('must be an id').optional().meta({ description });

export const ListPipelineRuns = PageQuery.extend({
  pipeline: z
    .string()
    .regex(/^[\w-]{1,100}$/, 'must be the name of a pipeline')
    .optional(),
  identifier: Identifier.optional(),
  state: RunStates.optional(),
  config_hash: z
    .string()
    .regex(/^[0-9a-f]{1,64}$/, 'must be lower-case hexadecimal digits')
    .optional(),
  tag: tagFilter('runs').optional(),
  created_after: QueryTime.optional().meta({
    description: 'Made at this time or later.',
    examples: ['2026-01-31T00:00:00Z'],
  }),
  created_before: QueryTime.optional().meta({
    description: 'Made before this time.',
    examples: ['2026-02-28T00:00:00Z'],
  }),
  schedule_id: uuid('Made by this schedule.'),
  cloned_from: uuid('Made from this run.'),
  sort: z.enum(sorts).default('-created_at').meta({
    description:
      'With `-` the highest or newest first. Runs without the time (not started, not ended) come last either way.',
  }),
});
export type ListPipelineRuns = z.infer<typeof ListPipelineRuns>;
