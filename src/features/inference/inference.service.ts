import { Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import type {
  InferRequest,
  ModelAddress,
  ModelMetadata,
  ModelReady,
  ServerMetadata,
  ServerReady,
} from '../../contracts/inference.js';
import type { RequestLimits } from '../../http/request-limits.js';
import { version } from '../../platform/build-info.js';
import { HealthService } from '../health/health.service.js';
import { chooseOutputs } from './choose-outputs.js';
import { countRows } from './count-rows.js';
import { NamedModelsService } from './named-models.service.js';
import { readInputs } from './read-inputs.js';
import { writeAnswer } from './write-answer.js';

/** What the Open Inference Protocol asks of a server and of a model. */
@Injectable()
export class InferenceService {
  constructor(
    private readonly models: NamedModelsService,
    private readonly health: HealthService,
  ) {}

  server(): ServerMetadata {
    return { name: 'trainyard', version: version(), extensions: ['model_repository'] };
  }

  /** @throws AppError `unavailable` when something that it stands on does not answer, or a loaded model hangs */
  async ready(): Promise<ServerReady> {
    const { checks } = await this.health.readiness();
    const down = Object.entries(checks).filter(([, { status }]) => status === 'failed');
    const faults = down.map(([name, { error = 'no answer' }]) => `${name}: ${error}`);
    if (faults.length > 0) throw new AppError('unavailable', `not ready: ${faults.join('; ')}`);
    return { ready: true };
  }

  /** @throws AppError `not_found`, `unavailable` */
  metadata(address: ModelAddress, limits: RequestLimits): Promise<ModelMetadata> {
    return this.models.use(address, limits, async ({ session: { signature } }) => ({
      name: address.model,
      versions: (await this.models.versions(address.model)).map(String),
      platform: 'onnxruntime_onnx',
      ...signature,
    }));
  }

  /** Loads the model when it is not. @throws AppError `not_found`; `unavailable` also when it hangs */
  modelReady(address: ModelAddress, limits: RequestLimits): Promise<ModelReady> {
    return this.models.use(address, limits, async ({ session: { hung } }) => {
      if (hung !== undefined)
        throw new AppError('unavailable', `model ${address.model} is not ready: ${hung}`);
      return { name: address.model, ready: true };
    });
  }

  /**
   * Runs a model.
   * @returns an `InferAnswer` as JSON
   * @throws AppError `invalid_request`, `not_found`, `unavailable`, `deadline_exceeded`, `unprocessable`
   */
  infer(
    address: ModelAddress,
    { id, inputs, outputs }: InferRequest,
    limits: RequestLimits,
    requestId: string,
  ): Promise<string> {
    return this.models.use(address, limits, async ({ served, session }) => {
      const { signature } = session;
      const places = chooseOutputs(signature.outputs, outputs);
      const tensors = readInputs(signature.inputs, inputs);
      const rows = countRows(signature, tensors);
      const answer = await session.run({
        inputs: tensors,
        rows: rows ?? 1,
        alone: rows === undefined,
        ...limits,
      });
      const head = {
        model_name: address.model,
        model_version: String(served.model_version),
        id: id ?? requestId,
      };
      return writeAnswer(head, places, signature.outputs, answer);
    });
  }
}
