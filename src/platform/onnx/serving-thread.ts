import { parentPort, workerData } from 'node:worker_threads';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { createSession } from './session.js';
import { runExample } from './run-example.js';
import type { ServingReply, ServingRequest, ServingStart } from './serving-message.js';

// The entry of a serving thread: owns one model's session, because ONNX Runtime loads and runs synchronously on the
// thread that calls it.
//
// Messages are worked on one after another. A session that is released while a run is under way, or a thread that is
// terminated then, aborts the whole process: so `stop` waits for its turn, releases, and lets the thread end by itself.

const port = parentPort;
if (!port) throw new Error('this file is the entry of a worker thread');
const { model, manifest } = workerData as ServingStart;
const reply = (message: ServingReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

let last: Promise<unknown> = start();

async function start(): Promise<InferenceSession | undefined> {
  let session: InferenceSession | undefined;
  try {
    session = await createSession(model);
    await runExample(session, manifest);
  } catch (error) {
    await session?.release();
    reply({ kind: 'unusable', message: messageOf(error) });
    port?.close();
    return undefined;
  }
  const ready = session;
  port?.on('message', (message: ServingRequest) => {
    last = last.then(() => (message.kind === 'stop' ? stop(ready) : run(ready, message)));
  });
  reply({ kind: 'ready' });
  return ready;
}

async function run(
  session: InferenceSession,
  request: Extract<ServingRequest, { kind: 'run' }>,
): Promise<void> {
  const { id, windows, time, cells } = request;
  const rows = time.length / windows;
  try {
    const { forecast } = await session.run({
      time: new Tensor('int64', time, [windows, rows]),
      columns: new Tensor('float64', cells, [windows, rows, manifest.columns.length]),
    });
    if (!(forecast?.data instanceof Float64Array)) throw new Error('the model gives no float64 forecast');
    const own = forecast.data.slice();
    reply({ kind: 'done', id, forecast: own }, [own.buffer]);
  } catch (error) {
    reply({ kind: 'failed', id, message: messageOf(error) });
  }
}

async function stop(session: InferenceSession): Promise<void> {
  await session.release();
  port?.close();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
