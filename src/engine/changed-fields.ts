import { canonicalJson } from '../platform/canonical-json.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What is different about something after a change: those of its fields, as they were and as they are. One that is
 * there only before or after is null on the other side.
 *
 * @returns undefined when nothing is
 */
export function changedFields(before: Fields, after: Fields): { before: Fields; after: Fields } | undefined {
  const names = Object.keys({ ...before, ...after }).filter(
    (name) => canonicalJson(before[name] ?? null) !== canonicalJson(after[name] ?? null),
  );
  if (names.length === 0) return undefined;
  const only = (fields: Fields) => Object.fromEntries(names.map((name) => [name, fields[name] ?? null]));
  return { before: only(before), after: only(after) };
}
