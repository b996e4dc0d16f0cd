import { AppError } from '../../contracts/app-error.js';
import type { ModelSignature } from '../../contracts/tensor.js';
import type { ServingReply } from './serving-message.js';
import type { SessionHost, StartHost } from './session-host.js';
import type { TensorData } from './tensor-data.js';

interface PendingRun {
  resolve: (outputs: TensorData[]) => void;
  reject: (error: AppError) => void;
}

/** A host whose session is loaded: asks it, and hears of its end. */
export class HostConnection {
  private readonly pending = new Map<number, PendingRun>();
  private nextId = 0;
  private gone: string | undefined;

  private constructor(
    private readonly host: SessionHost,
    readonly signature: ModelSignature,
  ) {
    // Nobody would answer any more, and a caller must not wait for ever.
    void host.ended.then((reason) => {
      this.gone = reason;
      for (const { reject } of this.pending.values()) reject(ended(reason));
      this.pending.clear();
    });
  }

  /**
   * Starts a host, which loads the model and runs its example.
   * @throws AppError `invalid_data` when the model does not load or does not run its example
   */
  static open(start: StartHost): Promise<HostConnection> {
    return new Promise((resolve, reject) => {
      let connection: HostConnection | undefined;
      const host = start((reply) => {
        if (connection) connection.receive(reply);
        else if (reply.kind === 'ready') resolve((connection = new HostConnection(host, reply.signature)));
        else if (reply.kind === 'unusable') reject(new AppError('invalid_data', reply.message));
      });
      void host.ended.then((reason) =>
        reject(new AppError('invalid_data', `${reason} while it loaded the model`)),
      );
    });
  }

  get alive(): boolean {
    return this.gone === undefined;
  }

  /**
   * One run; tensors stand in the order of the signature.
   * @throws AppError `invalid_request` when the model does not run these inputs, `unprocessable` when the host ended
   */
  run(inputs: TensorData[]): Promise<TensorData[]> {
    if (this.gone !== undefined) return Promise.reject(ended(this.gone));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.host.post({ kind: 'run', id, inputs });
    });
  }

  /** Ends the host at once, if it is of a kind that can be. */
  kill(): void {
    this.host.kill?.();
  }

  /** Lets the host release its session and end. */
  async close(): Promise<void> {
    if (this.alive) this.host.post({ kind: 'stop' });
    await this.host.ended;
  }

  private receive(reply: ServingReply): void {
    if (reply.kind !== 'done' && reply.kind !== 'failed') return;
    const run = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if (reply.kind === 'done') run?.resolve(reply.outputs);
    else
      run?.reject(new AppError('invalid_request', `the model does not run these inputs: ${reply.message}`));
  }
}

function ended(reason: string): AppError {
  return new AppError('unprocessable', `${reason} while it ran this request`);
}
