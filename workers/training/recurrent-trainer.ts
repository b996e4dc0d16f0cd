import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { parameterCount, type RecurrentShape } from '../../src/ml/recurrent/shape.js';
import { adam, trainingGraph } from '../../src/ml/recurrent/training-graph.js';
import { createSession } from '../../src/platform/onnx/session.js';
import { tensorFloats } from './tensor-floats.js';

export interface TrainerSettings {
  learningRate: number;
  /** Global-norm clipping; Infinity for none. */
  gradientClip: number;
  threads?: number;
}

export interface StepResult {
  /** Mean squared error of the batch before the update. */
  loss: number;
  /** Global norm before clipping. */
  gradientNorm: number;
}

/** Runs training steps of one model; parameters and Adam's moments stay here between them. */
export class RecurrentTrainer {
  private steps = 0;

  private constructor(
    private readonly shape: RecurrentShape,
    private readonly settings: TrainerSettings,
    private readonly session: InferenceSession,
    private state: { parameters: Tensor; m: Tensor; v: Tensor },
  ) {}

  static async create(
    shape: RecurrentShape,
    settings: TrainerSettings,
    parameters: Float32Array,
  ): Promise<RecurrentTrainer> {
    const maxNorm = Math.min(settings.gradientClip, 3e38);
    const session = await createSession(trainingGraph(shape, maxNorm), { threads: settings.threads });
    const zeros = () => vector(new Float32Array(parameterCount(shape)));
    return new RecurrentTrainer(shape, settings, session, {
      parameters: vector(parameters.slice()),
      m: zeros(),
      v: zeros(),
    });
  }

  /** The flat parameter vector as it stands now. */
  get parameters(): Float32Array {
    return tensorFloats(this.state.parameters);
  }

  /**
   * One batch: forward, backward, clip, Adam.
   *
   * @param x `[T·B·I]`, time-major
   * @param y `[B·O]`
   */
  async step(x: Float32Array, y: Float32Array): Promise<StepResult> {
    this.steps += 1;
    const { inputSize, outputSize, window } = this.shape;
    const batch = y.length / outputSize;
    const outputs = await this.session.run({
      x: new Tensor('float32', x, [window * batch, inputSize]),
      y: new Tensor('float32', y, [batch, outputSize]),
      ...this.state,
      step_size: scalar(this.settings.learningRate / (1 - adam.beta1 ** this.steps)),
      second_correction: scalar(Math.sqrt(1 - adam.beta2 ** this.steps)),
    });
    this.state = {
      parameters: outputs.new_parameters!,
      m: outputs.new_m!,
      v: outputs.new_v!,
    };
    return { loss: tensorFloats(outputs.loss)[0]!, gradientNorm: tensorFloats(outputs.gradient_norm)[0]! };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

function vector(values: Float32Array): Tensor {
  return new Tensor('float32', values, [values.length]);
}

function scalar(value: number): Tensor {
  return new Tensor('float32', Float32Array.of(value), []);
}
