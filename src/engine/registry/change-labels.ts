import { AppError } from '../../contracts/app-error.js';
import { maxTags } from '../../contracts/run-labels.js';

/** What people have put on a model or a version. */
export interface Labels {
  description: string | null;
  tags: readonly { key: string; value: string }[];
}

export interface LabelChanges {
  /** Undefined leaves it as it is. */
  description?: string | null;
  /** To set, and to remove where null. */
  tags: Readonly<Record<string, string | null>>;
}

/** A change as it is written, and what was different before. */
export interface ChangedLabels {
  before: LabelChanges;
  after: LabelChanges;
  data: {
    /** Prisma sets it by itself only when a column of the row changes, and tags are rows of their own. */
    updated_at: Date;
    description?: string | null;
    tags: {
      deleteMany: { key: { in: string[] } };
      createMany: { data: { key: string; value: string }[] };
    };
  };
}

/**
 * What a change of labels really changes; undefined when that is nothing.
 * @throws AppError `invalid_request` when there would be too many tags
 */
export function changeLabels(current: Labels, changes: LabelChanges): ChangedLabels | undefined {
  const values = new Map(current.tags.map(({ key, value }) => [key, value]));
  const tags = Object.entries(changes.tags).filter(([key, value]) => (values.get(key) ?? null) !== value);
  const { description = current.description } = changes;
  const described = description !== current.description;
  if (!described && tags.length === 0) return undefined;
  const set = tags.flatMap(([key, value]) => (value === null ? [] : [{ key, value }]));
  const keys = tags.map(([key]) => key);
  refuseTooMany(new Set([...values.keys(), ...set.map(({ key }) => key)]), tags);
  const labels = (text: string | null, entries: readonly (readonly [string, string | null])[]) => ({
    ...(described && { description: text }),
    tags: Object.fromEntries(entries),
  });
  return {
    before: labels(
      current.description,
      keys.map((key) => [key, values.get(key) ?? null] as const),
    ),
    after: labels(description, tags),
    data: {
      updated_at: new Date(),
      ...(described && { description }),
      tags: { deleteMany: { key: { in: keys } }, createMany: { data: set } },
    },
  };
}

function refuseTooMany(
  keys: ReadonlySet<string>,
  changes: readonly (readonly [string, string | null])[],
): void {
  const count = keys.size - changes.filter(([, value]) => value === null).length;
  if (count <= maxTags) return;
  const message = `there would be ${count} tags, and ${maxTags} are the most: remove some`;
  throw new AppError('invalid_request', message, { issues: [{ path: 'tags', message }] });
}
