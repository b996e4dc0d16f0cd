import { z } from 'zod';
import { objectPath } from './object-path.js';

/** Bytes in the object store that never change: where they are, and what they must be when they are read. */
export const ArtifactRef = z
  .object({
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of an S3 bucket'),
    key: objectPath(1_024),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'),
    size: z.int().min(0).meta({ description: 'Bytes.' }),
  })
  .meta({ description: 'Stored bytes, by place and SHA-256.' });
export type ArtifactRef = z.infer<typeof ArtifactRef>;
