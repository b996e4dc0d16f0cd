import type { Readable } from 'node:stream';
import { AppError } from '../../contracts/app-error.js';
import type { ImportedFacts } from '../../contracts/imported-manifest.js';
import type { Inspection } from './inspect-model.js';
import { processHost } from './process-host.js';
import { processMemoryLimit } from './process-memory.js';

interface ModelFile {
  size: number;
  read: () => Readable;
}

/** To read, load and try a model. */
const patienceMs = 60_000;
/** ONNX Runtime's messages may repeat what a model says, at any length. */
const longestReason = 1_000;

/**
 * Finds out about a model file in a process of its own, which ends over what the model does to it: a crash, too much
 * memory, too much time. It is gone when this is answered.
 *
 * @throws AppError `unprocessable` with the reason why it cannot be imported; `unavailable` when the file cannot be read
 */
export async function inspectFile(
  { size, read }: ModelFile,
  inspection: Inspection,
  timeoutMs = patienceMs,
): Promise<ImportedFacts> {
  let outcome: ImportedFacts | AppError | undefined;
  const model = read();
  const start = processHost({ model, manifest: null, inspection }, processMemoryLimit(size));
  const host = start((reply) => {
    if (reply.kind === 'inspected') outcome ??= reply.facts;
    else if (reply.kind === 'unusable') outcome ??= refused(reply.message);
  });
  const end = (error: AppError) => {
    outcome ??= error;
    host.kill?.();
  };
  model.once('error', (cause) =>
    end(new AppError('unavailable', 'The file cannot be read back at the moment.', { cause })),
  );
  const seconds = timeoutMs / 1_000;
  const killer = setTimeout(
    () => end(refused(`the model was not read, loaded and tried within ${seconds} s`)),
    timeoutMs,
  );
  const reason = await host.ended;
  clearTimeout(killer);
  model.destroy();
  outcome ??= refused(reason);
  if (outcome instanceof AppError) throw outcome;
  return outcome;
}

function refused(reason: string): AppError {
  return new AppError('unprocessable', reason.slice(0, longestReason));
}
