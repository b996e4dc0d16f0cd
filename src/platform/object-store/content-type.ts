import { AppError } from '../../contracts/app-error.js';

/**
 * The content type that an object is stored with. It becomes a header of a request to S3 and of our own answers,
 * so nothing may stand in it that could end a header line or that a signature would read differently.
 *
 * @throws AppError `invalid_request`
 */
export function checkContentType(contentType = 'application/octet-stream'): string {
  if (contentType.length <= 255 && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( ?;[!-~]*( [!-~]+)*)?$/.test(contentType)) {
    return contentType;
  }
  throw new AppError(
    'invalid_request',
    `The content type ${JSON.stringify(contentType.slice(0, 80))} is not one; write it like "text/csv; charset=utf-8".`,
    { where: 'content type' },
  );
}
