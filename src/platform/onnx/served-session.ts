import { AppError } from '../../contracts/app-error.js';
import type { ModelSignature } from '../../contracts/tensor.js';
import { concatenate, fitsTogether, split } from './batch.js';
import { type Batchable, Batcher, type Outcomes } from './batcher.js';
import { HostConnection } from './host-connection.js';
import type { StartHost } from './session-host.js';
import type { TensorData } from './tensor-data.js';

/** One caller's request: tensors in the order of the signature. */
export interface SessionRequest extends Batchable {
  inputs: TensorData[];
  /** Its answer could not be cut out of a common one, so it is run by itself. */
  alone?: boolean;
}

interface SessionAnswer {
  /** In the order of the signature. */
  outputs: TensorData[];
  /** Time in the model, which the whole batch shares. */
  computeMs: number;
}

/** Told about what a session does. */
export interface SessionObserver {
  /** A request waited so long for its batch and was so long in the model. */
  run(queueSeconds: number, computeSeconds: number): void;
  /** A batch of so many rows was run. */
  batch(rows: number): void;
  /** The host ended over a request and was started anew. */
  restart(): void;
}

export interface SessionSettings {
  /** Rows run at once at most. */
  maxRows: number;
  /** A batch that takes longer shows the session as not ready. */
  hungAfterMs?: number;
  observer: SessionObserver;
}

const maxQueue = 1_024;
const defaultHungAfterMs = 10_000;
/** A host that can be killed is, when a batch takes longer. */
const killAfterMs = 60_000;
const now = () => performance.now();

/** A loaded model in a host of its own: a slow one delays neither the event loop nor another model. */
export class ServedSession {
  private readonly batcher: Batcher<SessionRequest, SessionAnswer>;
  private stopping = false;

  private constructor(
    private readonly start: StartHost,
    private connection: HostConnection,
    private readonly settings: SessionSettings,
  ) {
    this.batcher = new Batcher((requests) => this.runBatch(requests), {
      maxRows: settings.maxRows,
      maxQueue,
      fits: (first, other) => !first.alone && !other.alone && fitsTogether(first.inputs, other.inputs),
      now,
    });
  }

  /**
   * Starts a host, which loads the model and runs its example.
   * @throws AppError `invalid_data` when the model does not load or does not run its example
   */
  static async load(start: StartHost, settings: SessionSettings): Promise<ServedSession> {
    return new ServedSession(start, await HostConnection.open(start), settings);
  }

  get signature(): ModelSignature {
    return this.connection.signature;
  }

  /** Requests that wait for a batch. */
  get depth(): number {
    return this.batcher.depth;
  }

  /** Why it does not answer in time, if it does not. */
  get hung(): string | undefined {
    const since = this.batcher.busySince;
    const ms = since === undefined ? 0 : now() - since;
    const { hungAfterMs = defaultHungAfterMs } = this.settings;
    return ms > hungAfterMs ? `one batch has been running for ${Math.round(ms / 1_000)} s` : undefined;
  }

  /**
   * The outputs for these inputs, in the order of the signature.
   * @throws AppError `unavailable` when too many wait or the session is stopping; `deadline_exceeded`; `canceled`;
   *   `invalid_request` when the model does not run these inputs; `unprocessable` when its host ended over them
   */
  async run(request: SessionRequest): Promise<TensorData[]> {
    if (this.stopping) throw new AppError('unavailable', 'the model was unloaded', { retryAfterSeconds: 1 });
    const began = now();
    const { outputs, computeMs } = await this.batcher.submit(request);
    this.settings.observer.run((now() - began - computeMs) / 1_000, computeMs / 1_000);
    return outputs;
  }

  /** Lets what was asked for come to its end, releases the session and ends its host. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.batcher.idle();
    await this.connection.close();
  }

  /** A batch together; when that fails, one by one: a request that the model cannot run fails alone. */
  private async runBatch(requests: SessionRequest[]): Promise<Outcomes<SessionAnswer>> {
    try {
      return await this.runTogether(requests);
    } catch (error) {
      if (requests.length === 1) throw error;
      const outcomes: (SessionAnswer | AppError)[] = [];
      for (const request of requests) outcomes.push(await this.runAlone(request));
      return outcomes;
    }
  }

  private async runAlone(request: SessionRequest): Promise<SessionAnswer | AppError> {
    try {
      const [answer] = await this.runTogether([request]);
      return answer!;
    } catch (error) {
      return error instanceof AppError
        ? error
        : new AppError('internal', 'the model failed', { cause: error });
    }
  }

  private async runTogether(requests: readonly SessionRequest[]): Promise<SessionAnswer[]> {
    const inputs = this.signature.inputs.map(({ datatype }, i) =>
      concatenate(
        datatype,
        requests.map((request) => request.inputs[i]!),
      ),
    );
    const rows = requests.map((request) => request.rows);
    const began = now();
    const outputs = (await this.call(inputs)).map((tensor) => split(tensor, rows));
    const computeMs = now() - began;
    this.settings.observer.batch(rows.reduce((sum, count) => sum + count, 0));
    return requests.map((_, i) => ({ outputs: outputs.map((pieces) => pieces[i]!), computeMs }));
  }

  private async call(inputs: TensorData[]): Promise<TensorData[]> {
    if (!this.connection.alive) await this.restart();
    const { connection } = this;
    const killer = setTimeout(() => connection.kill(), killAfterMs);
    try {
      return await connection.run(inputs);
    } finally {
      clearTimeout(killer);
    }
  }

  private async restart(): Promise<void> {
    try {
      this.connection = await HostConnection.open(this.start);
    } catch (cause) {
      throw new AppError('unavailable', 'the model ended and does not start again', { cause });
    }
    this.settings.observer.restart();
  }
}
