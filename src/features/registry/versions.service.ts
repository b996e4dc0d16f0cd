import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../contracts/caller.js';
import type { Lineage } from '../../contracts/lineage.js';
import type {
  ListVersions,
  ModelVersion,
  ModelVersionPage,
  UpdateVersion,
  VersionNumberPath,
  VersionPath,
} from '../../contracts/registry.js';
import { readLineage } from '../../engine/read-lineage.js';
import { archiveVersion, restoreVersion } from '../../engine/registry/archive-version.js';
import { deleteVersion } from '../../engine/registry/delete-version.js';
import { unknownAlias, unknownModel, unknownVersion } from '../../engine/registry/unknown.js';
import { updateVersion } from '../../engine/registry/update-version.js';
import type { Cursors } from '../../http/cursors.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import { archivedFilter } from './archived-filter.js';
import { toModelVersion, versionInclude } from './to-model-version.js';

/** As far as versions are counted; other names are aliases. */
const number = /^[1-9]\d{0,8}$/;

@Injectable()
export class VersionsService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
  ) {}

  /** Newest first. @throws AppError `not_found` */
  async list(name: string, query: ListVersions): Promise<ModelVersionPage> {
    const list = `/models/${name}/versions`;
    const { tag = [], model_type, archived, limit } = query;
    const position = this.cursors.positionOf(list, query);
    const rows = await this.db.modelVersion.findMany({
      where: {
        name,
        model_type,
        version: position && { lt: Number(position.id) },
        ...archivedFilter(archived),
        AND: tag.map((some) => ({ tags: { some } })),
      },
      orderBy: { version: 'desc' },
      take: limit + 1,
      include: versionInclude,
    });
    if (rows.length === 0 && (await this.db.registeredModel.count({ where: { name } })) === 0)
      throw unknownModel(name);
    const at = ({ version }: { version: number }) => ({ value: null, id: String(version) });
    const page = this.cursors.pageOf(list, query, rows, at);
    return { ...page, items: page.items.map(toModelVersion) };
  }

  /** By number or alias. @throws AppError `not_found` */
  async get(path: VersionPath): Promise<ModelVersion> {
    return this.read({ name: path.name, version: await this.numberOf(path) });
  }

  /** By number or alias. @throws AppError `not_found` */
  async lineage(path: VersionPath): Promise<Lineage> {
    return readLineage(this.db, path.name, await this.numberOf(path));
  }

  /** @throws AppError `not_found`; `invalid_request` when it would have too many tags */
  async update(path: VersionNumberPath, changes: UpdateVersion, by: Caller): Promise<ModelVersion> {
    await updateVersion(this.db, by, path, changes);
    return this.read(path);
  }

  /** @throws AppError `not_found`; `conflict` while it is promoted or an alias names it */
  async archive(path: VersionNumberPath, by: Caller): Promise<ModelVersion> {
    await archiveVersion(this.db, by, path);
    return this.read(path);
  }

  /** @throws AppError `not_found` */
  async restore(path: VersionNumberPath, by: Caller): Promise<ModelVersion> {
    await restoreVersion(this.db, by, path);
    return this.read(path);
  }

  /** @throws AppError `not_found`; `conflict`, which says who refers to it */
  delete(path: VersionNumberPath, by: Caller): Promise<void> {
    return deleteVersion(this.db, by, path);
  }

  private async read({ name, version }: VersionNumberPath): Promise<ModelVersion> {
    const row = await this.db.modelVersion.findUnique({
      where: { name_version: { name, version } },
      include: versionInclude,
    });
    if (!row) throw unknownVersion(name, version);
    return toModelVersion(row);
  }

  private async numberOf({ name, version: asked }: VersionPath): Promise<number> {
    if (number.test(asked)) return Number(asked);
    const row = await this.db.modelAlias.findUnique({ where: { name_alias: { name, alias: asked } } });
    if (!row) throw unknownAlias(name, asked);
    return row.version;
  }
}
