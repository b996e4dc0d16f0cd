import { Inject, Injectable, StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../contracts/app-error.js';
import { ownBuckets } from '../../contracts/object-keys.js';
import type { StoredObject } from '../../contracts/stored-object.js';
import { STORE } from '../../http/resources.module.js';
import type { ObjectInfo, ObjectStore } from '../../platform/object-store/object-store.js';

const defaultType = 'application/octet-stream';

@Injectable()
export class ObjectsService {
  constructor(@Inject(STORE) private readonly store: ObjectStore) {}

  /**
   * Streams the body through; a client that goes away leaves what was there before.
   * @throws AppError `forbidden` for a bucket that only Trainyard writes
   */
  async put(
    bucket: string,
    key: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<StoredObject> {
    refuseOwn(bucket);
    const contentType = contentTypeOf(request.sentContentType);
    const { size, sha256, etag, replaced } = await this.store.put(bucket, key, request.raw, { contentType });
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
