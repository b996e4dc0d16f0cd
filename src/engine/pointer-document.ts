import { CurrentPointer } from '../contracts/pointer.js';
import type { Promotion } from '../generated/prisma/client.js';

/** A promotion as `current.json` shows it. */
export function pointerDocument(promotion: Promotion): CurrentPointer {
  return CurrentPointer.parse({
    identifier: promotion.identifier,
    config_hash: promotion.config_hash,
    run_id: promotion.run_id,
    model_type: promotion.model_type,
    experiment: promotion.experiment,
    model_uri: `runs:/${promotion.run_id}/${promotion.model_type}`,
    rmse: promotion.rmse,
    mae: promotion.mae,
    mse: promotion.mse,
    score: promotion.score,
    timestamp: promotion.created_at.toISOString(),
    weights: promotion.weights,
    promotion_id: promotion.id,
    version: promotion.version,
    model_version: promotion.model_version,
    sha256: promotion.sha256,
  });
}
