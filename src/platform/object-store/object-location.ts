import { createHash } from 'node:crypto';

/** What every object's file ends in; no folder does, so the object `a` can lie beside the folder of `a/b`. */
const extension = '.object';

/** Characters of a relative path; with a root before it this stays under the 1,024 of macOS. */
const maxPathLength = 500;

/** Names that Windows keeps for devices, also with an extension. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)/i;

/** Where an object lies below the root of a file store. */
export interface ObjectLocation {
  /** The bucket's folder first. */
  folders: string[];
  file: string;
}

/**
 * The place of an object: `bucket/run-1/model.onnx` lies at `bucket/run-1/model.onnx.object`.
 *
 * Different keys never share a place, on a file system that ignores case, or Unicode normalisation, or has
 * reserved names either: a segment that is not plainly lower-case ASCII (`PobleSec.csv`, `日本`, `con`) keeps
 * what is readable of it and gets a digest of the exact segment (`PobleSec.csv~<digest>`), and a key whose path
 * would be too long lies under `~/`, by the digest of the whole key. A plain segment holds no `~`.
 */
export function objectLocation(bucket: string, key: string): ObjectLocation {
  const segments = key.split('/');
  const last = segments.pop() ?? key;
  const folders = [bucketFolder(bucket), ...segments.map(safeName)];
  const file = safeName(last) + extension;
  if (folders.join('/').length + 1 + file.length <= maxPathLength) return { folders, file };
  const digest = sha256(key);
  return {
    folders: [bucketFolder(bucket), '~', digest.slice(0, 2)],
    file: `${readable(last)}~${digest}${extension}`,
  };
}

/** The folder of a bucket, below the root. */
export function bucketFolder(bucket: string): string {
  return safeName(bucket);
}

function safeName(segment: string): string {
  const plain = /^[a-z0-9._-]{0,99}[a-z0-9_-]$/.test(segment) && !segment.endsWith(extension);
  return plain && !deviceName.test(segment)
    ? segment
    : `${readable(segment)}~${sha256(segment).slice(0, 32)}`;
}

function readable(segment: string): string {
  const name = segment.slice(0, 60).replace(/[^A-Za-z0-9._-]/g, '_');
  return deviceName.test(name) ? `_${name}` : name;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
