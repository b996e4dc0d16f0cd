import { AppError } from '../../contracts/app-error.js';
import type { PromotionRequest } from '../../contracts/promotion-request.js';

/** The answer to whoever asked for a promotion that gates refuse: why, and the request as it is kept. */
export function refusedBy(request: PromotionRequest): AppError {
  const { identifier, model_version, gates } = request;
  const why = gates.flatMap(({ verdict, message }) => (verdict === 'failed' ? [message] : [])).join('; ');
  const message = `version ${model_version} of ${identifier} cannot be promoted: ${why}`;
  return new AppError('unprocessable', message, { members: { request } });
}
