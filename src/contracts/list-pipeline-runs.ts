import { z } from 'zod';
import { Identifier } from './identifier.js';
import { PageQuery } from './page.js';
import { QueryTime } from './query-time.js';
import { TagKey, TagValue } from './run-labels.js';
import { RunState } from './states.js';

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

/** A tag that a run must have, and with which value when one is named. */
export interface TagFilter {
  key: string;
  value?: string;
}

const maxTagFilters = 20;
const wrongTag = 'must be a tag (team) or a tag with its value (team:energy)';

/** `team:energy`, or `team` for any value. A key holds no colon, a value may. */
const TagText = z.string().transform((text, context): TagFilter => {
  const colon = text.indexOf(':');
  const key = TagKey.safeParse(colon < 0 ? text : text.slice(0, colon));
  const value = TagValue.optional().safeParse(colon < 0 ? undefined : text.slice(colon + 1));
  const fault = key.error ?? value.error;
  if (fault || !key.success) {
    context.addIssue({ code: 'custom', message: `${wrongTag}: ${fault?.issues[0]?.message ?? ''}` });
    return z.NEVER;
  }
  return { key: key.data, value: value.data };
});

const TagTexts = z
  .preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z
      .array(TagText, `${wrongTag}, or several such parameters`)
      .max(maxTagFilters, `must be ${maxTagFilters} tags at most`),
  )
  .transform((tags) => tags.toSorted(byText))
  .meta({
    type: 'array',
    items: { type: 'string' },
    description:
      '`team:energy` for runs with this tag, `team` for any value of it; of several, all must match.',
    examples: [['team:energy']],
  });

/** As they would be written in a query. */
function byText(a: TagFilter, b: TagFilter): number {
  const text = ({ key, value }: TagFilter) => (value === undefined ? key : `${key}:${value}`);
  return text(a) < text(b) ? -1 : 1;
}

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
  tag: TagTexts.optional(),
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
