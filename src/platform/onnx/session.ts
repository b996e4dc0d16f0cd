import { InferenceSession } from 'onnxruntime-node';
import { AppError } from '../../contracts/app-error.js';

export interface SessionSettings {
  /** Threads inside one operator. One thread and one seed give the same bits again. */
  threads?: number;
}

/**
 * How long a thread that waits for its part of the next operator keeps its core busy before it sleeps. ONNX Runtime's own
 * is longer: where other processes want the cores too, it makes a training on two threads half again as slow. On idle
 * cores this one measures the same, because the operators of a training step follow each other faster.
 */
const spinMicroseconds = 200;

/**
 * Loads a model. Loading and every `run` happen synchronously on the calling thread: never call this on the
 * gateway's event loop.
 *
 * @throws AppError `invalid_data` when the bytes are no model that ONNX Runtime can load
 */
export async function createSession(
  model: Uint8Array,
  { threads = 1 }: SessionSettings = {},
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      extra: { session: { intra_op: { spin_duration_us: String(spinMicroseconds) } } },
      // Warnings about shapes it cannot infer are of no use to an operator, and errors are thrown.
      logSeverityLevel: 4,
    });
  } catch (cause) {
    throw new AppError(
      'invalid_data',
      `the model cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}
