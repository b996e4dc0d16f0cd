import { z } from 'zod';

export const StoredObject = z
  .object({
    bucket: z.string(),
    key: z.string(),
    size: z.int(),
    sha256: z.string(),
    etag: z.string(),
  })
  .meta({ id: 'StoredObject' });
export type StoredObject = z.infer<typeof StoredObject>;
