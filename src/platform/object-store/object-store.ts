import type { Readable } from 'node:stream';

/** What a store knows of one object. */
export interface ObjectInfo {
  /** Bytes. */
  size: number;
  /** Opaque, changes whenever the bytes do; without quotes. */
  etag: string;
  contentType: string;
  lastModified: Date;
}

export interface ListedObject {
  key: string;
  lastModified: Date;
}

export interface PutOptions {
  contentType?: string;
  /** Refuses (code `too_large`) and leaves nothing behind when the body is longer. Bytes. */
  maxSize?: number;
}

export interface PutResult {
  size: number;
  /** Of the bytes as they arrived, lower-case hex. */
  sha256: string;
  etag: string;
  /** An object stood under this key before. */
  replaced: boolean;
}

/** First and last byte, both inclusive, as in an HTTP Range. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Bytes under a bucket and a key. Two implementations, one conformance suite (`test/conformance`).
 *
 * Errors: `invalid_request` for a bucket or key that cannot be stored, `not_found` for a bucket or object that
 * is not there, `too_large`, and `unavailable` (with the cause) when the store itself cannot be reached or written.
 */
export interface ObjectStore {
  /** Makes the bucket; nothing happens when it is there. */
  ensureBucket(bucket: string): Promise<void>;
  /**
   * Stores the whole body or nothing: a reader sees the old object or the new one, never a part, and a body
   * that breaks off leaves the old one (`canceled`, with the stream's error as cause). Streams are read with
   * back-pressure. A stream that is refused is left open and unread, not destroyed: it may be an HTTP request
   * that must still be answered.
   */
  put(bucket: string, key: string, body: Readable | Uint8Array, options?: PutOptions): Promise<PutResult>;
  head(bucket: string, key: string): Promise<ObjectInfo>;
  /**
   * The body must be read or destroyed. A range beyond the end is cut to it: what begins there is empty. `info`
   * is of the whole object, and of the same write as the body.
   */
  get(bucket: string, key: string, range?: ByteRange): Promise<{ info: ObjectInfo; body: Readable }>;
  /** Deletes the object; nothing happens when it is not there. Who reads it at the moment reads it to its end. */
  remove(bucket: string, key: string): Promise<void>;
  /**
   * Every object whose key begins with `prefix`, in no order. What is stored or deleted meanwhile may be among them. MinIO
   * leaves out what lies below the key of another object: `a/b` beside `a`.
   */
  list(bucket: string, prefix: string): AsyncIterable<ListedObject>;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
}
