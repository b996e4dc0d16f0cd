import path from 'node:path';
import type { Env } from '../../config/env.js';
import { AppError } from '../../contracts/app-error.js';
import type { ObjectStoreSettings } from './create-object-store.js';

/** S3 where an endpoint is given, files under the home folder otherwise. */
export function objectStoreSettings(env: Env): ObjectStoreSettings {
  if (!env.S3_ENDPOINT) return { kind: 'files', root: path.resolve(env.TRAINYARD_HOME, 'objects') };
  if (!env.S3_ACCESS_KEY || !env.S3_SECRET_KEY) {
    throw new AppError(
      'invalid_request',
      'S3_ENDPOINT is set, so S3_ACCESS_KEY and S3_SECRET_KEY must be too',
    );
  }
  return {
    kind: 's3',
    endpoint: env.S3_ENDPOINT,
    accessKey: env.S3_ACCESS_KEY,
    secretKey: env.S3_SECRET_KEY,
    region: env.S3_REGION,
  };
}
