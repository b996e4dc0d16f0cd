import { Readable } from 'node:stream';
import type { Database } from '../platform/database/database.js';
import { getVerified, streamVerified } from '../platform/object-store/content-address.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { pointerDocument } from './pointer-document.js';
import type { ProjectionSource } from './projection-source.js';
import { globalPointer } from './promote.js';

export interface Rendered {
  body: Readable | Uint8Array;
  contentType: string;
}

/** The content of a readable object as the newest rows have it; undefined when there is nothing to show. */
export async function renderProjection(
  db: Database,
  store: ObjectStore,
  source: Exclude<ProjectionSource, { type: 'nothing' }>,
): Promise<Rendered | undefined> {
  switch (source.type) {
    case 'artifact':
      // Streamed: an imported model may have half a gigabyte.
      return { body: Readable.from(streamVerified(store, source.file)), contentType: source.content_type };
    case 'root_pointer':
      return pointer(db, globalPointer);
    case 'identifier_pointer':
      return pointer(db, source.identifier);
    case 'config_pointer': {
      const { identifier, config_hash } = source;
      // The newest made under the configuration, also after a rollback to another one.
      return json(
        await db.promotion.findFirst({ where: { identifier, config_hash }, orderBy: { version: 'desc' } }),
      );
    }
    case 'promotion':
      return json(await db.promotion.findUnique({ where: { id: source.id } }));
    case 'inference_log':
      return { body: Readable.from(resultLines(db, store, source)), contentType: 'application/x-ndjson' };
  }
}

async function pointer(db: Database, identifier: string): Promise<Rendered | undefined> {
  const row = await db.pointer.findUnique({ where: { identifier }, include: { promotion: true } });
  return json(row?.promotion ?? null);
}

function json(promotion: Parameters<typeof pointerDocument>[0] | null): Rendered | undefined {
  if (!promotion) return undefined;
  const text = `${JSON.stringify(pointerDocument(promotion), null, 2)}\n`;
  return { body: new TextEncoder().encode(text), contentType: 'application/json' };
}

/** One line a batch, oldest first; each is an immutable object. */
async function* resultLines(db: Database, store: ObjectStore, where: { identifier: string; day: string }) {
  const { identifier, day } = where;
  const batches = await db.inferenceBatch.findMany({
    where: { identifier, day },
    include: { file: true },
    orderBy: [{ created_at: 'asc' }, { id: 'asc' }],
  });
  for (const { file } of batches) {
    yield await getVerified(store, { ...file, size: Number(file.size) });
  }
}
