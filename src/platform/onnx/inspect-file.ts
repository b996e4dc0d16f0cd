import { AppError } from '../../contracts/app-error.js';
import type { ImportedFacts } from '../../contracts/imported-manifest.js';
import type { Inspection } from './inspect-model.js';
import { type ModelFile, processHost } from './process-host.js';
import { processMemoryLimit } from './process-memory.js';

/** To read, load and try a model. */
const patienceMs = 60_000;
/** ONNX Runtime's messages may repeat what a model says, at any length. */
const longestReason = 1_000;

/**
 * Finds out about a model file in a process of its own, which ends over what the model does to it: a crash, too much
 * memory, too much time. It is gone when this is answered.
 *
 * @throws AppError `unprocessable` with the reason why it cannot be imported
 */
export async function inspectFile(
  model: ModelFile,
  inspection: Inspection,
  timeoutMs = patienceMs,
): Promise<ImportedFacts> {
  let outcome: ImportedFacts | AppError | undefined;
  const start = processHost({ model, manifest: null, inspection }, processMemoryLimit(model.size));
  const host = start((reply) => {
    if (reply.kind === 'inspected') outcome ??= reply.facts;
    else if (reply.kind === 'unusable') outcome ??= refused(reply.message);
  });
  const killer = setTimeout(() => {
    outcome ??= refused(`the model was not read, loaded and tried within ${timeoutMs / 1_000} s`);
    host.kill?.();
  }, timeoutMs);
  const reason = await host.ended;
  clearTimeout(killer);
  outcome ??= refused(reason);
  if (outcome instanceof AppError) throw outcome;
  return outcome;
}

function refused(reason: string): AppError {
  return new AppError('unprocessable', reason.slice(0, longestReason));
}
