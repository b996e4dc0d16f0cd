import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { type RecurrentShape, parameterCount } from '../../src/ml/recurrent/shape.js';
import { forwardGraph } from '../../src/ml/recurrent/training-graph.js';
import { createSession } from '../../src/platform/onnx/session.js';
import { tensorFloats } from './tensor-floats.js';
import { gatherBatch, type TrainWindows } from './train-windows.js';

const batchSize = 256;

/** The forward pass alone, with parameters given anew at every call. */
export class RecurrentForward {
  private constructor(
    private readonly shape: RecurrentShape,
    private readonly session: InferenceSession,
  ) {}

  static async create(shape: RecurrentShape, threads?: number): Promise<RecurrentForward> {
    return new RecurrentForward(shape, await createSession(forwardGraph(shape), { threads }));
  }

  /**
   * @param x `[T·B·I]` time-major, on the scaler's scale
   * @returns `[B·O]`
   */
  async predict(parameters: Float32Array, x: Float32Array): Promise<Float32Array> {
    const { prediction } = await this.session.run({
      x: new Tensor('float32', x, [x.length / this.shape.inputSize, this.shape.inputSize]),
      parameters: new Tensor('float32', parameters, [parameterCount(this.shape)]),
    });
    return tensorFloats(prediction);
  }

  /** Mean squared error over these windows, on the scaler's scale. */
  async loss(parameters: Float32Array, data: TrainWindows, starts: Int32Array): Promise<number> {
    let sum = 0;
    let count = 0;
    for (let at = 0; at < starts.length; at += batchSize) {
      const { x, y } = gatherBatch(data, starts.subarray(at, at + batchSize));
      const predicted = await this.predict(parameters, x);
      y.forEach((truth, i) => (sum += (predicted[i]! - truth) ** 2));
      count += y.length;
    }
    return sum / count;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
