import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../../contracts/app-error.js';
import type { ModelSignature } from '../../contracts/tensor.js';
import { readSignature } from './read-signature.js';
import { runExample } from './run-example.js';
import type { ServingReply, ServingRequest, ServingStart } from './serving-message.js';
import { createSession } from './session.js';
import { elementTypes, type TensorData } from './tensor-data.js';

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
    session = await createSession(model);
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

/**
 * One run with the inputs of a signature, in its order.
 * @throws AppError `internal` when an output is not what the signature says; ONNX Runtime's errors
 */
export async function runSession(
  session: InferenceSession,
  { inputs: specs, outputs }: ModelSignature,
  inputs: readonly TensorData[],
): Promise<TensorData[]> {
  const feeds = Object.fromEntries(
    specs.map(({ name, datatype }, i) => {
      const { data, shape } = inputs[i]!;
      return [name, new Tensor(elementTypes[datatype].ort, data, shape)];
    }),
  );
  const results = await session.run(
    feeds,
    outputs.map(({ name }) => name),
  );
  return outputs.map(({ name }) => {
    const result = results[name];
    if (!result || !('data' in result)) throw new AppError('internal', `the model gives no output "${name}"`);
    return { shape: result.dims, data: result.data };
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
