import { AppError, type ErrorCode } from '../../contracts/app-error.js';
import type { Gate } from '../../contracts/gate.js';
import type { ServedModel } from '../../contracts/served-model.js';
import type { RequestLimits } from '../../http/request-limits.js';
import type { ServingService } from '../serving/serving.service.js';

/** Faults of stored bytes; others are of a store that does not answer, say, and tell nothing about the model. */
const faultsOfModel: ReadonlySet<ErrorCode> = new Set(['invalid_data', 'not_found']);

/**
 * Does the version load and run its example here? It is loaded to find out, and stays so: the pointer never names what
 * cannot serve, and what is promoted answers at once.
 *
 * @throws AppError `not_found` when there is no such version; `unavailable` when it cannot be found out now
 */
export async function runsItsExample(
  serving: Pick<ServingService, 'load'>,
  { identifier, model_version: version, model: { sha256 } }: ServedModel,
  limits: RequestLimits,
): Promise<Gate> {
  const gate = (verdict: 'passed' | 'failed', message: string): Gate => ({
    name: 'runs_its_example',
    verdict,
    inputs: { sha256 },
    message,
  });
  try {
    await serving.load({ identifier, version }, limits);
    return gate('passed', 'the model loads and runs its example');
  } catch (error) {
    const fault = faultOf(error);
    if (fault === undefined) throw error;
    return gate('failed', fault);
  }
}

/** What is wrong with a model that could not be loaded, if it is the model that is wrong. */
function faultOf(error: unknown): string | undefined {
  if (!(error instanceof AppError) || !(error.cause instanceof Error)) return undefined;
  const { cause } = error;
  const ofModel = !(cause instanceof AppError) || faultsOfModel.has(cause.code);
  return ofModel ? cause.message : undefined;
}
