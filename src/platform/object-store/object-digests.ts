import { hashObject } from './content-address.js';
import type { ObjectStore } from './object-store.js';

const most = 1_000;

/** Digests of objects that can change under their key; one that has not changed is not read a second time. */
export class ObjectDigests {
  private readonly known = new Map<string, { etag: string; sha256: string }>();

  constructor(private readonly store: Pick<ObjectStore, 'head' | 'get'>) {}

  /** SHA-256, lower-case hex. @throws AppError `not_found`, `unavailable` */
  async of({ bucket, key }: { bucket: string; key: string }): Promise<string> {
    const name = `${bucket}/${key}`;
    const { etag } = await this.store.head(bucket, key);
    const known = this.known.get(name);
    if (known?.etag === etag) return known.sha256;
    const read = await hashObject(this.store, bucket, key);
    if (this.known.size >= most) this.known.clear();
    this.known.set(name, { etag: read.etag, sha256: read.sha256 });
    return read.sha256;
  }
}
