import { RegisteredModel } from '../../contracts/registry.js';
import type { Prisma, RegisteredModel as RegisteredModelRow } from '../../generated/prisma/client.js';
import { sortedRecord } from './sorted-record.js';

/** What an answer shows of a model besides its row. */
export const modelInclude = {
  aliases: true,
  tags: true,
  versions: {
    where: { archived_at: null },
    orderBy: { version: 'desc' },
    take: 1,
    select: { version: true },
  },
} satisfies Prisma.RegisteredModelInclude;

type ModelRow = Prisma.RegisteredModelGetPayload<{ include: typeof modelInclude }>;

/** A model as an answer shows it. */
export function toRegisteredModel({ aliases, tags, versions, ...row }: ModelRow): RegisteredModel {
  return RegisteredModel.parse({
    ...row,
    latest_version: versions[0]?.version ?? null,
    aliases: sortedRecord(aliases.map(({ alias, version }) => [alias, version])),
    tags: sortedRecord(tags.map(({ key, value }) => [key, value])),
  });
}

/** One that was made just now. */
export function toNewModel(row: RegisteredModelRow, tags: Record<string, string>): RegisteredModel {
  const pairs = Object.entries(tags).map(([key, value]) => ({ name: row.name, key, value }));
  return toRegisteredModel({ ...row, aliases: [], versions: [], tags: pairs });
}
