import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../contracts/caller.js';
import {
  type CreateModel,
  type ListModels,
  type RegisteredModel,
  RegisteredModelPage,
  type UpdateModel,
} from '../../contracts/registry.js';
import { archiveModel, restoreModel } from '../../engine/registry/archive-model.js';
import { createModel } from '../../engine/registry/create-model.js';
import { deleteModel } from '../../engine/registry/delete-model.js';
import { unknownModel } from '../../engine/registry/unknown.js';
import { updateModel } from '../../engine/registry/update-model.js';
import type { Cursors } from '../../http/cursors.js';
import type { Once } from '../../http/once.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import { archivedFilter } from './archived-filter.js';
import { modelInclude, toNewModel, toRegisteredModel } from './to-registered-model.js';

@Injectable()
export class RegistryService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
  ) {}

  /**
   * The model as it stands when it is made, as text.
   * @throws AppError `conflict` when there is one of that name; `unprocessable`
   */
  async create(request: CreateModel, by: Caller, once: Once): Promise<string> {
    const kept = await once.replay(this.db);
    if (kept) return kept.text;
    const { text } = await once.run(
      this.db,
      async (tx) => toNewModel(await createModel(tx, by, request), request.tags),
      ({ name: id }) => ({ id }),
    );
    return text;
  }

  /** By name. */
  async list(query: ListModels): Promise<RegisteredModelPage> {
    const { tag = [], name_contains, archived, limit } = query;
    const position = this.cursors.positionOf('/models', query);
    const rows = await this.db.registeredModel.findMany({
      where: {
        AND: [
          position ? { name: { gt: position.id } } : {},
          ...tag.map((some) => ({ tags: { some } })),
          archivedFilter(archived),
        ],
        name: name_contains === undefined ? undefined : containing(name_contains),
      },
      orderBy: { name: 'asc' },
      take: limit + 1,
      include: modelInclude,
    });
    const at = ({ name }: { name: string }) => ({ value: null, id: name });
    const { items, next_cursor } = this.cursors.pageOf('/models', query, rows, at);
    return RegisteredModelPage.parse({ items: items.map(toRegisteredModel), next_cursor });
  }

  /** @throws AppError `not_found` */
  async get(name: string): Promise<RegisteredModel> {
    const row = await this.db.registeredModel.findUnique({ where: { name }, include: modelInclude });
    if (!row) throw unknownModel(name);
    return toRegisteredModel(row);
  }

  /** @throws AppError `not_found`; `invalid_request` when it would have too many tags */
  async update(name: string, changes: UpdateModel, by: Caller): Promise<RegisteredModel> {
    await updateModel(this.db, by, name, changes);
    return this.get(name);
  }

  /** @throws AppError `not_found`; `conflict` while one of its versions is promoted */
  async archive(name: string, by: Caller): Promise<RegisteredModel> {
    await archiveModel(this.db, by, name);
    return this.get(name);
  }

  /** @throws AppError `not_found` */
  async restore(name: string, by: Caller): Promise<RegisteredModel> {
    await restoreModel(this.db, by, name);
    return this.get(name);
  }

  /** @throws AppError `not_found`; `conflict`, which says what stands in its way */
  delete(name: string, by: Caller): Promise<void> {
    return deleteModel(this.db, by, name);
  }
}

/** Of the characters of a name only the underscore means something in a pattern. */
function containing(part: string) {
  return { contains: part.replaceAll('_', '\\_'), mode: 'insensitive' } as const;
}
