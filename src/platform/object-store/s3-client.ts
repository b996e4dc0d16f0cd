import { Client } from 'minio';
import { AppError } from '../../contracts/app-error.js';
import { createS3Transport, type S3Timeouts } from './s3-transport.js';

/** How an S3 store is reached. */
export interface S3Settings {
  /** `http://host:port` or `https://host`; buckets are addressed by path. */
  endpoint: string;
  accessKey: string;
  secretKey: string;
  region: string;
}

/** @throws AppError `invalid_request` when the endpoint is not the URL of a server */
export function createS3Client(settings: S3Settings, timeouts: S3Timeouts): Client {
  const { endpoint, accessKey, secretKey, region } = settings;
  const url = parseEndpoint(endpoint);
  const secure = url.protocol === 'https:';
  const client = new Client({
    endPoint: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? undefined : Number(url.port),
    useSSL: secure,
    accessKey,
    secretKey,
    region,
    pathStyle: true,
    // The client sends the same stream again, which by then is at its end, and writes to the console.
    retryOptions: { disableRetry: true },
    ...createS3Transport(secure, timeouts),
  });
  // Over TLS the client leaves the body out of the signature; the digest is at hand, so the store can check it.
  client.enableSHA256 = true;
  return client;
}

function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const plain = url && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (plain && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new AppError(
    'invalid_request',
    'The S3 endpoint is not the URL of a server; write it like "http://127.0.0.1:9000", without path or user.',
    { where: 'S3 endpoint' },
  );
}
