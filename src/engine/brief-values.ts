import type { z } from 'zod';

type Json = z.core.util.JSONType;

/** Characters of a text, and elements of a list, that an audit entry shows. */
export const longestText = 1_000;
export const longestList = 100;

/**
 * What an audit entry keeps of values: texts and lists that are too long end with what was left out. Two thousand names
 * of columns, or a note of ten thousand characters, would otherwise be kept again with every change.
 */
export function briefValues(value: Json): Json {
  if (typeof value === 'string') {
    if (value.length <= longestText) return value;
    // Without half of a character, which could not be stored.
    const kept = value.slice(0, longestText).replace(/\p{Cs}$/u, '');
    return `${kept}… (${value.length - kept.length} more characters)`;
  }
  if (Array.isArray(value)) {
    const kept = value.slice(0, longestList).map(briefValues);
    return value.length <= longestList ? kept : [...kept, `… (${value.length - longestList} more)`];
  }
  if (!(value instanceof Object)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, briefValues(part)]));
}
