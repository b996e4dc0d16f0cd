import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import type { ModelAddress } from '../../contracts/inference.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { globalPointer } from '../../engine/promote.js';
import type { RequestLimits } from '../../http/request-limits.js';
import { DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import { type Loaded, ServingService, type Target } from '../serving/serving.service.js';

/** Longer digits are no version that the database could hold. */
const versionNumber = /^\d{1,9}$/;
/** How many versions a message names. */
const mostListed = 20;

/** Models by their registered name. */
@Injectable()
export class NamedModelsService {
  constructor(
    private readonly serving: ServingService,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  /**
   * Uses the model that an address leads to.
   * @throws AppError `not_found`, which says what there is; `unavailable`
   */
  async use<T>(
    address: ModelAddress,
    limits: RequestLimits,
    work: (loaded: Loaded) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.serving.use(targetOf(address), limits, work);
    } catch (error) {
      throw await this.explained(address, error);
    }
  }

  /**
   * Loads it and keeps it.
   * @throws AppError `not_found`; `unavailable` also when it is not loaded by the deadline
   */
  async load(address: ModelAddress, limits: RequestLimits): Promise<ServedModel> {
    try {
      return await this.serving.load(targetOf(address), limits);
    } catch (error) {
      throw await this.explained(address, error);
    }
  }

  /** Unloads a version, or all of them. @throws AppError `not_found` */
  async unload({ model, version }: ModelAddress): Promise<void> {
    if (version === undefined) await this.versions(model);
    this.serving.unload(model, version === undefined ? undefined : await this.numberOf(model, version));
  }

  /** The numbers of all versions that are registered. @throws AppError `not_found` */
  async versions(name: string): Promise<number[]> {
    const rows = await this.db.modelVersion.findMany({
      where: { name },
      select: { version: true },
      orderBy: { version: 'asc' },
    });
    if (rows.length === 0) throw new AppError('not_found', `there is no model ${name}`);
    return rows.map(({ version }) => version);
  }

  private async numberOf(name: string, text: string): Promise<number> {
    const versions = await this.versions(name);
    const alias = versionNumber.test(text)
      ? undefined
      : await this.db.modelAlias.findUnique({ where: { name_alias: { name, alias: text } } });
    const version = alias?.version ?? Number(text);
    if (versions.includes(version)) return version;
    throw new AppError('not_found', `model ${name} has no version ${text}; ${listed(versions)}`);
  }

  private async explained({ model, version }: ModelAddress, error: unknown): Promise<unknown> {
    if (!(error instanceof AppError) || error.code !== 'not_found') return error;
    const versions = await this.versions(model);
    const message =
      version === undefined
        ? `no version of model ${model} is promoted: ask for one under /v2/models/${encodeURIComponent(model)}/versions/${versions.at(-1)}`
        : `model ${model} has no version ${version}`;
    return new AppError('not_found', `${message}; ${listed(versions)}`, { cause: error });
  }
}

function targetOf({ model: identifier, version }: ModelAddress): Target {
  // The pointer of all identifiers together is no model.
  if (identifier === globalPointer) throw new AppError('not_found', `there is no model ${identifier}`);
  if (version === undefined) return { identifier };
  return versionNumber.test(version)
    ? { identifier, version: Number(version) }
    : { identifier, alias: version };
}

function listed(versions: readonly number[]): string {
  const shown = versions.slice(-mostListed);
  return `there ${versions.length === 1 ? 'is version' : 'are versions'} ${versions.length > shown.length ? '…, ' : ''}${shown.join(', ')}`;
}
