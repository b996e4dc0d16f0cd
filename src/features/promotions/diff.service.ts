import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AppError } from '../../contracts/app-error.js';
import type { Lineage } from '../../contracts/lineage.js';
import { ModelManifest } from '../../contracts/model-manifest.js';
import type { DiffQuery } from '../../contracts/promotion.js';
import { PromotionDiff } from '../../contracts/promotion-diff.js';
import { findServedModel } from '../../engine/champion.js';
import { readLineage } from '../../engine/read-lineage.js';
import type { Promotion } from '../../generated/prisma/client.js';
import { DATABASE, STORE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import { getVerified } from '../../platform/object-store/content-address.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';

/** One promotion, with what its model was made from. */
interface Side {
  promotion: Promotion & { build: string | null };
  parameters: Map<string, string>;
  metrics: Map<string, number>;
  inputs: Lineage['inputs'];
}

const Numbers = z.record(z.string(), z.unknown());

/** Compares the models of two promotions. */
@Injectable()
export class DiffService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(STORE) private readonly store: ObjectStore,
  ) {}

  /** @throws AppError `not_found` */
  async diff({ from: fromId, to: toId }: DiffQuery): Promise<PromotionDiff> {
    const [from, to] = await Promise.all([this.read(fromId), this.read(toId)]);
    return PromotionDiff.parse({
      from: from.promotion,
      to: to.promotion,
      same_model: from.promotion.sha256 === to.promotion.sha256,
      parameters: namesOf(from.parameters, to.parameters)
        .map((name) => ({
          name,
          from: from.parameters.get(name) ?? null,
          to: to.parameters.get(name) ?? null,
        }))
        .filter((parameter) => parameter.from !== parameter.to),
      metrics: namesOf(from.metrics, to.metrics).map((name) => {
        const [before, after] = [from.metrics.get(name) ?? null, to.metrics.get(name) ?? null];
        const change = before === null || after === null ? null : after - before;
        return { name, from: before, to: after, change };
      }),
      data: (['train', 'test'] as const).flatMap((role) => {
        const [before, after] = [inputOf(from, role), inputOf(to, role)];
        const same = before !== null && before.sha256 === after?.sha256;
        return before || after ? [{ role, from: before, to: after, same }] : [];
      }),
    });
  }

  private async read(id: string): Promise<Side> {
    const promotion = await this.db.promotion.findUnique({ where: { id }, include: { candidate: true } });
    if (!promotion) throw new AppError('not_found', `there is no promotion ${id}`);
    const { identifier, model_version, run_id, candidate } = promotion;
    const [{ inputs }, params, build] = await Promise.all([
      readLineage(this.db, identifier, model_version),
      this.db.param.findMany({ where: { run_id } }),
      this.buildOf(identifier, model_version),
    ]);
    const metrics = Object.entries(Numbers.parse(candidate.metrics)).flatMap(([name, value]) =>
      typeof value === 'number' ? [[name, value] as const] : [],
    );
    return {
      promotion: { ...promotion, build },
      parameters: new Map(params.map(({ key, value }) => [key, value])),
      metrics: new Map(promotion.score === null ? metrics : [['score', promotion.score], ...metrics]),
      inputs,
    };
  }

  /** Null for an imported model; and when its manifest is gone or damaged, which is told by whoever wants to load it. */
  private async buildOf(identifier: string, version: number): Promise<string | null> {
    try {
      const { manifest } = await findServedModel(this.db, identifier, version);
      const text = (await getVerified(this.store, manifest)).toString('utf8');
      return ModelManifest.safeParse(JSON.parse(text)).data?.build ?? null;
    } catch (error) {
      if (error instanceof AppError && ['not_found', 'invalid_data'].includes(error.code)) return null;
      throw error;
    }
  }
}

function namesOf(from: ReadonlyMap<string, unknown>, to: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...from.keys(), ...to.keys()])].sort();
}

function inputOf({ inputs }: Side, role: 'train' | 'test') {
  return inputs?.find((input) => input.role === role) ?? null;
}
