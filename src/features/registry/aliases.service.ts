import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../contracts/caller.js';
import {
  type AliasPath,
  type ListAliases,
  type ModelAlias,
  ModelAliasPage,
  type SetAlias,
} from '../../contracts/model-alias.js';
import { deleteAlias } from '../../engine/registry/delete-alias.js';
import { setAlias } from '../../engine/registry/set-alias.js';
import { unknownModel } from '../../engine/registry/unknown.js';
import type { Cursors } from '../../http/cursors.js';
import { CURSORS, DATABASE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';

@Injectable()
export class AliasesService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CURSORS) private readonly cursors: Cursors,
  ) {}

  /** By alias. @throws AppError `not_found` */
  async list(name: string, query: ListAliases): Promise<ModelAliasPage> {
    const list = `/models/${name}/aliases`;
    const position = this.cursors.positionOf(list, query);
    const rows = await this.db.modelAlias.findMany({
      where: { name, alias: position && { gt: position.id } },
      orderBy: { alias: 'asc' },
      take: query.limit + 1,
    });
    if (rows.length === 0 && (await this.db.registeredModel.count({ where: { name } })) === 0)
      throw unknownModel(name);
    return ModelAliasPage.parse(
      this.cursors.pageOf(list, query, rows, ({ alias }) => ({ value: null, id: alias })),
    );
  }

  /** Answers 201 when there was no such alias before. @throws AppError `not_found`, `conflict` */
  async set(
    { name, alias }: AliasPath,
    { version }: SetAlias,
    by: Caller,
    reply: FastifyReply,
  ): Promise<ModelAlias> {
    const isNew = await setAlias(this.db, by, { name, alias, version });
    void reply.status(isNew ? 201 : 200);
    return { alias, version };
  }

  /** @throws AppError `not_found`; `conflict` for the promoted version's */
  delete({ name, alias }: AliasPath, by: Caller): Promise<void> {
    return deleteAlias(this.db, by, name, alias);
  }
}
