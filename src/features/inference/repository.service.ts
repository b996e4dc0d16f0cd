import { Injectable } from '@nestjs/common';
import type {
  ModelPath,
  RepositoryIndexRequest,
  RepositoryModel,
  RepositoryModelRequest,
  UnloadedModel,
} from '../../contracts/inference.js';
import type { RequestLimits } from '../../http/request-limits.js';
import { ServingService } from '../serving/serving.service.js';
import { NamedModelsService } from './named-models.service.js';

/** What is loaded, and an operator's calls about it. */
@Injectable()
export class RepositoryService {
  constructor(
    private readonly models: NamedModelsService,
    private readonly serving: ServingService,
  ) {}

  /** Models that are loaded, are being loaded, or could not be. */
  index(request: RepositoryIndexRequest): RepositoryModel[] {
    const onlyReady = request?.ready === true;
    return this.serving
      .statuses()
      .filter(({ state }) => !onlyReady || state === 'READY')
      .map(({ served, state, reason = '' }) => ({
        name: served.identifier,
        version: String(served.model_version),
        state,
        reason,
      }));
  }

  /** @throws AppError `not_found`; `unavailable` when it cannot be loaded, or not in the request's time */
  async load(
    { model }: ModelPath,
    request: RepositoryModelRequest,
    limits: RequestLimits,
  ): Promise<RepositoryModel> {
    const { model_version } = await this.models.load(
      { model, version: request?.parameters?.version },
      limits,
    );
    return { name: model, version: String(model_version), state: 'READY', reason: '' };
  }

  /** Requests under way come to their end. @throws AppError `not_found` */
  async unload({ model }: ModelPath, request: RepositoryModelRequest): Promise<UnloadedModel> {
    await this.models.unload({ model, version: request?.parameters?.version });
    return { name: model, state: 'UNAVAILABLE', reason: 'unloaded' };
  }
}
