import { z } from 'zod';
import { TagKey, TagValue } from './run-labels.js';

/** A tag that something must have, and with which value when one is named. */
interface TagFilter {
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

/**
 * The query parameter of a list by which its items are found by their tags.
 * @param what its items are, for the documentation: `runs`
 */
export function tagFilter(what: string) {
  return z
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
      description: `\`team:energy\` for ${what} with this tag, \`team\` for any value of it; of several, all must match.`,
      examples: [['team:energy']],
    });
}

/** As they would be written in a query. */
function byText(a: TagFilter, b: TagFilter): number {
  const text = ({ key, value }: TagFilter) => (value === undefined ? key : `${key}:${value}`);
  return text(a) < text(b) ? -1 : 1;
}
