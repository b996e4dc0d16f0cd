import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../contracts/app-error.js';
import type { ModelManifest } from '../../contracts/model-manifest.js';
import { projectRoot } from '../project-root.js';
import { Batcher } from './batcher.js';
import type { ServingReply, ServingRequest, ServingStart } from './serving-message.js';

/** One window: times of its rows, and its raw cells row by row. */
interface Window {
  time: BigInt64Array;
  cells: Float64Array;
}

interface PendingBatch {
  resolve: (forecast: Float64Array) => void;
  reject: (error: AppError) => void;
}

const limits = { maxBatch: 64, maxQueue: 1_024 };

/** A model in a thread of its own: a slow one delays neither the event loop nor another model. */
export class ServedSession {
  private readonly batcher: Batcher<Window, Float64Array>;
  private readonly pending = new Map<number, PendingBatch>();
  private nextId = 0;
  private stopping = false;
  private gone = false;

  private constructor(
    private readonly worker: Worker,
    private readonly manifest: ModelManifest,
    private readonly ended: Promise<void>,
  ) {
    this.batcher = new Batcher((windows) => this.runBatch(windows), limits);
    worker.on('message', (message: ServingReply) => this.receive(message));
    void ended.then(() => {
      this.gone = true;
      for (const { reject } of this.pending.values()) reject(unavailable('the serving thread has ended'));
      this.pending.clear();
    });
  }

  /**
   * Starts a thread, loads the model in it and runs the manifest's example.
   * @throws AppError `invalid_data` when the model does not load or does not run its example
   */
  static async load(model: Uint8Array, manifest: ModelManifest): Promise<ServedSession> {
    const entry = path.join(projectRoot(), 'dist/src/platform/onnx/serving-thread.js');
    const worker = new Worker(entry, { workerData: { model, manifest } satisfies ServingStart });
    // A fault in the thread ends it; whoever waits learns so by its end.
    worker.on('error', () => {});
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const first = await Promise.race([
      new Promise<ServingReply>((resolve) => worker.once('message', resolve)),
      ended.then((): ServingReply => ({
        kind: 'unusable',
        message: 'the thread ended while it loaded the model',
      })),
    ]);
    if (first.kind !== 'ready') {
      throw new AppError(
        'invalid_data',
        first.kind === 'unusable' ? first.message : 'the thread answered out of turn',
      );
    }
    return new ServedSession(worker, manifest, ended);
  }

  /** Takes requests. */
  get alive(): boolean {
    return !this.stopping && !this.gone;
  }

  /**
   * The forecast of one window, `[horizon, targets]` flat.
   * @throws AppError `unavailable` when too many wait or the session is stopping
   */
  forecast(time: BigInt64Array, cells: Float64Array): Promise<Float64Array> {
    if (!this.alive) return Promise.reject(unavailable('the model was unloaded'));
    return this.batcher.submit({ time, cells });
  }

  /** Lets what was asked for come to its end, releases the session and ends the thread. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.batcher.idle();
    this.post({ kind: 'stop' });
    await this.ended;
  }

  private async runBatch(windows: Window[]): Promise<Float64Array[]> {
    const { time, cells } = concatenate(windows);
    // Nobody would answer, and what waits in the batcher must not wait for ever.
    if (this.gone) throw unavailable('the serving thread has ended');
    const id = this.nextId++;
    const forecast = await new Promise<Float64Array>((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.post({ kind: 'run', id, windows: windows.length, time, cells }, [time.buffer, cells.buffer]);
    });
    const size = this.manifest.horizon * this.manifest.targets.length;
    return windows.map((_, i) => forecast.subarray(i * size, (i + 1) * size));
  }

  private receive(message: ServingReply): void {
    if (message.kind !== 'done' && message.kind !== 'failed') return;
    const batch = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.kind === 'done') batch?.resolve(message.forecast);
    else batch?.reject(new AppError('internal', `the model failed: ${message.message}`));
  }

  private post(message: ServingRequest, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }
}

function unavailable(message: string): AppError {
  return new AppError('unavailable', message, { retryAfterSeconds: 1 });
}

function concatenate(windows: readonly Window[]) {
  const time = new BigInt64Array(windows.reduce((sum, window) => sum + window.time.length, 0));
  const cells = new Float64Array(windows.reduce((sum, window) => sum + window.cells.length, 0));
  let [rows, values] = [0, 0];
  for (const window of windows) {
    time.set(window.time, rows);
    cells.set(window.cells, values);
    rows += window.time.length;
    values += window.cells.length;
  }
  return { time, cells };
}
