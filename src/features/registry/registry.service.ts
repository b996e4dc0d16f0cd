import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import {
  type ListModels,
  type ModelVersion,
  ModelVersionPage,
  RegisteredModel,
  RegisteredModelPage,
  type VersionPath,
} from '../../contracts/registry.js';
import type { Prisma } from '../../generated/prisma/client.js';
import type { Cursors } from '../../http/cursors.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import { toModelVersion, versionInclude } from './to-model-version.js';

const modelInclude = { aliases: true } as const;
/** As far as versions are counted; other names are aliases. */
const number = /^[1-9]\d{0,8}$/;

@Injectable()
export class RegistryService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
  ) {}

  /** By name. */
  async list(query: ListModels): Promise<RegisteredModelPage> {
    const list = '/models';
    const position = this.cursors.positionOf(list, query);
    const rows = await this.db.registeredModel.findMany({
      where: position && { name: { gt: position.id } },
      orderBy: { name: 'asc' },
      take: query.limit + 1,
      include: modelInclude,
    });
    const { items, next_cursor } = this.cursors.pageOf(list, query, rows, ({ name }) => at(name));
    return RegisteredModelPage.parse({ items: items.map(toRegisteredModel), next_cursor });
  }

  /** @throws AppError `not_found` */
  async get(name: string): Promise<RegisteredModel> {
    const row = await this.db.registeredModel.findUnique({ where: { name }, include: modelInclude });
    return toRegisteredModel(row ?? unknownModel(name));
  }

  /** Newest first. @throws AppError `not_found` */
  async versions(name: string, query: ListModels): Promise<ModelVersionPage> {
    const list = `/models/${name}/versions`;
    const position = this.cursors.positionOf(list, query);
    const rows = await this.db.modelVersion.findMany({
      where: { name, ...(position && { version: { lt: Number(position.id) } }) },
      orderBy: { version: 'desc' },
      take: query.limit + 1,
      include: versionInclude,
    });
    if (rows.length === 0) await this.get(name);
    const page = this.cursors.pageOf(list, query, rows, ({ version }) => at(String(version)));
    return { ...page, items: page.items.map(toModelVersion) };
  }

  /** By number or alias. @throws AppError `not_found` */
  async version({ name, version: asked }: VersionPath): Promise<ModelVersion> {
    const version = number.test(asked) ? Number(asked) : await this.byAlias(name, asked);
    const row = await this.db.modelVersion.findUnique({
      where: { name_version: { name, version } },
      include: versionInclude,
    });
    if (!row) throw new AppError('not_found', `there is no version ${version} of model ${name}`);
    return toModelVersion(row);
  }

  private async byAlias(name: string, alias: string): Promise<number> {
    const row = await this.db.modelAlias.findUnique({ where: { name_alias: { name, alias } } });
    if (row) return row.version;
    throw new AppError('not_found', `model ${name} has no alias ${alias}`);
  }
}

/** Names and numbers are unique, so there is nothing else to sort by. */
function at(id: string) {
  return { value: null, id };
}

function toRegisteredModel(
  row: Prisma.RegisteredModelGetPayload<{ include: typeof modelInclude }>,
): RegisteredModel {
  return RegisteredModel.parse({
    ...row,
    latest_version: row.last_version,
    aliases: Object.fromEntries(row.aliases.map(({ alias, version }) => [alias, version])),
  });
}

function unknownModel(name: string): never {
  throw new AppError('not_found', `there is no model ${name}`);
}
