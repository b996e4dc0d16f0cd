import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import type { ModelAddress } from '../../contracts/inference.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { globalPointer } from '../../engine/promote.js';
import { archivedVersion } from '../../engine/registry/archived.js';
import { unknownModel } from '../../engine/registry/unknown.js';
import type { ModelVersion } from '../../generated/prisma/client.js';
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

  /** The numbers of all versions that are registered and not archived. @throws AppError `not_found` */
  async versions(name: string): Promise<number[]> {
    return inUse(await this.registered(name));
  }

  private async registered(name: string): Promise<Registered[]> {
    const rows = await this.db.modelVersion.findMany({
      where: { name },
      select: { name: true, version: true, archived_at: true },
      orderBy: { version: 'asc' },
    });
    if (rows.length === 0 && (await this.db.registeredModel.count({ where: { name } })) === 0)
      throw unknownModel(name);
    return rows;
  }

  private async numberOf(name: string, text: string): Promise<number> {
    const rows = await this.registered(name);
    const alias = versionNumber.test(text)
      ? undefined
      : await this.db.modelAlias.findUnique({ where: { name_alias: { name, alias: text } } });
    const version = alias?.version ?? Number(text);
    if (inUse(rows).includes(version)) return version;
    throw new AppError('not_found', `${noVersion(name, rows, text)}; ${listed(rows)}`);
  }

  private async explained({ model, version }: ModelAddress, error: unknown): Promise<unknown> {
    if (!(error instanceof AppError) || error.code !== 'not_found') return error;
    const rows = await this.registered(model);
    const message =
      version === undefined ? notPromoted(model, inUse(rows).at(-1)) : noVersion(model, rows, version);
    return new AppError('not_found', `${message}; ${listed(rows)}`, { cause: error });
  }
}

type Registered = Pick<ModelVersion, 'name' | 'version' | 'archived_at'>;

function inUse(rows: readonly Registered[]): number[] {
  return rows.filter(({ archived_at }) => !archived_at).map(({ version }) => version);
}

/** Why there is no such version to be had. */
function noVersion(name: string, rows: readonly Registered[], text: string): string {
  const archived = rows.find(
    (row) => row.archived_at && versionNumber.test(text) && row.version === Number(text),
  );
  return archived ? archivedVersion(archived) : `model ${name} has no version ${text}`;
}

function notPromoted(model: string, newest: number | undefined): string {
  const none = `no version of model ${model} is promoted`;
  if (newest === undefined) return none;
  return `${none}: ask for one under /v2/models/${encodeURIComponent(model)}/versions/${newest}`;
}

function targetOf({ model: identifier, version }: ModelAddress): Target {
  // The pointer of all identifiers together is no model.
  if (identifier === globalPointer) throw new AppError('not_found', `there is no model ${identifier}`);
  if (version === undefined) return { identifier };
  return versionNumber.test(version)
    ? { identifier, version: Number(version) }
    : { identifier, alias: version };
}

function listed(rows: readonly Registered[]): string {
  const versions = inUse(rows);
  if (versions.length === 0)
    return rows.length === 0 ? 'it has no versions yet' : 'all of its versions are archived';
  const shown = versions.slice(-mostListed);
  return `there ${versions.length === 1 ? 'is version' : 'are versions'} ${versions.length > shown.length ? '…, ' : ''}${shown.join(', ')}`;
}
