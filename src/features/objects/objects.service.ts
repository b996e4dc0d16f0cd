import { Inject, Injectable, StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import { ownBuckets } from '../../contracts/object-keys.js';
import type { StoredObject } from '../../contracts/stored-object.js';
import { writeAudit } from '../../engine/write-audit.js';
import { DATABASE, STORE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import type { ObjectInfo, ObjectStore } from '../../platform/object-store/object-store.js';

const defaultType = 'application/octet-stream';

@Injectable()
export class ObjectsService {
  constructor(
    @Inject(STORE) private readonly store: ObjectStore,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  /**
   * Streams the body through; a client that goes away leaves what was there before. Store and database have no
   * transaction in common, so the audit entry is written when the store has the object, and before the caller hears so:
   * whoever is told 503 here sends it again, and the entry is written then. Of two that replace an object at once, both
   * may have found the same one there.
   * @throws AppError `forbidden` for a bucket that only Trainyard writes
   */
  async put(
    bucket: string,
    key: string,
    request: FastifyRequest,
    reply: FastifyReply,
    by: Caller,
  ): Promise<StoredObject> {
    refuseOwn(bucket);
    const before = await this.replaces(bucket, key);
    // Does the database answer? What could not be noted must not be stored.
    await this.db.$queryRaw`select 1`;
    const contentType = contentTypeOf(request.sentContentType);
    const { size, sha256, etag, replaced } = await this.store.put(bucket, key, request.raw, { contentType });
    await writeAudit(this.db, by, {
      action: 'object.put',
      subject: `/objects/${bucket}/${key}`,
      before,
      after: { size, sha256, etag },
    });
    void reply.status(replaced ? 200 : 201).header('etag', `"${etag}"`);
    return { bucket, key, size, sha256, etag };
  }

  async head(bucket: string, key: string, reply: FastifyReply): Promise<void> {
    describe(reply, await this.store.head(bucket, key));
    await reply.send();
  }

  async get(bucket: string, key: string, reply: FastifyReply): Promise<StreamableFile> {
    const { info, body } = await this.store.get(bucket, key);
    describe(reply, info);
    return new StreamableFile(body);
  }

  /** What an object that is about to be written takes the place of; nothing when there is none. */
  private async replaces(bucket: string, key: string): Promise<object | null> {
    try {
      const { size, etag } = await this.store.head(bucket, key);
      return { size, etag };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'not_found') return null;
      // Writing it anew is how it is mended.
      if (error.code === 'invalid_data') return { damaged: true };
      throw error;
    }
  }
}

function refuseOwn(bucket: string): void {
  if (!ownBuckets.has(bucket)) return;
  const message = `the bucket ${bucket} shows what Trainyard has recorded: it can be read, and is written by nobody else`;
  throw new AppError('forbidden', message);
}

function describe(reply: FastifyReply, { size, etag, contentType, lastModified }: ObjectInfo): void {
  void reply
    .header('content-type', contentType)
    .header('content-length', size)
    .header('etag', `"${etag}"`)
    .header('last-modified', lastModified.toUTCString())
    // A stored page must not run as one of ours.
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox");
}

function contentTypeOf(header: string | undefined): string {
  return header === undefined || header === '' ? defaultType : header;
}
