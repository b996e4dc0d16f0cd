import { ImportedFacts } from '../../contracts/imported-manifest.js';
import { ModelVersion } from '../../contracts/registry.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { sortedRecord } from './sorted-record.js';

/** What an answer shows of a version besides its row. */
export const versionInclude = { file: true, tags: true, aliases: true } as const;

type VersionRow = Prisma.ModelVersionGetPayload<{ include: typeof versionInclude }>;

const unknown = { signature: null, max_batch: null, classes: null, opset: null, producer: null };

/** A version as an answer shows it. */
export function toModelVersion(row: VersionRow): ModelVersion {
  const { file, tags, aliases, imported, model_sha256: sha256 } = row;
  return ModelVersion.parse({
    ...row,
    ...(imported === null ? unknown : ImportedFacts.parse(imported)),
    sha256,
    size: Number(file.size),
    tags: sortedRecord(tags.map(({ key, value }) => [key, value])),
    aliases: aliases.map(({ alias }) => alias).sort(),
  });
}
