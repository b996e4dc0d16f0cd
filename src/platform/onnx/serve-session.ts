import type { InferenceSession } from 'onnxruntime-node';
import { AppError } from '../../contracts/app-error.js';
import { importedType } from '../../contracts/imported-manifest.js';
import type { ModelSignature } from '../../contracts/tensor.js';
import { readImported } from './read-imported.js';
import { readSignature } from './read-signature.js';
import { runExample } from './run-example.js';
import { runSession } from './run-session.js';
import type { ServingReply, ServingRequest, ServingStart } from './serving-message.js';
import { createSession } from './session.js';

/** The channel of a host: a thread's port, or a process's. */
export interface ServingChannel {
  onRequest(listener: (request: ServingRequest) => void): void;
  reply(message: ServingReply): void;
  close(): void;
}

/**
 * Owns one model's session: loads it, runs its example, and then whatever is asked. ONNX Runtime loads and runs
 * synchronously on the calling thread, so this never happens on the gateway's event loop.
 *
 * Messages are worked on one after another. A session that is released while a run is under way, or a thread that is
 * terminated then, aborts the whole process: so `stop` waits for its turn, releases, and lets the host end by itself.
 */
export async function serveSession(
  { model, manifest }: ServingStart,
  channel: ServingChannel,
): Promise<void> {
  let session: InferenceSession | undefined;
  let signature: ModelSignature;
  try {
    session = await createSession(manifest?.model_type === importedType ? loadable(model) : model);
    signature = readSignature(session);
    if (manifest) await runExample(session, manifest);
  } catch (error) {
    await session?.release();
    channel.reply({ kind: 'unusable', message: messageOf(error) });
    channel.close();
    return;
  }
  const ready = session;
  const handle = async (request: ServingRequest): Promise<void> => {
    if (request.kind === 'run') return channel.reply(await answer(ready, signature, request));
    await ready.release();
    channel.close();
  };
  let last: Promise<void> = Promise.resolve();
  channel.onRequest((request) => {
    last = last.then(() => handle(request));
  });
  channel.reply({ kind: 'ready', signature });
}

/** What ONNX Runtime is given of an imported file. */
function loadable(file: Uint8Array): Uint8Array {
  try {
    return readImported(file).model;
  } catch (cause) {
    throw new AppError('invalid_data', `the model cannot be loaded: ${messageOf(cause)}`, { cause });
  }
}

async function answer(
  session: InferenceSession,
  signature: ModelSignature,
  { id, inputs }: Extract<ServingRequest, { kind: 'run' }>,
): Promise<ServingReply> {
  try {
    return { kind: 'done', id, outputs: await runSession(session, signature, inputs) };
  } catch (error) {
    return { kind: 'failed', id, message: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
