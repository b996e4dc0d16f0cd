import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import type { Env } from '../../config/env.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { globalPointer } from '../../engine/promote.js';
import { type Repeating, repeating } from '../../engine/repeating.js';
import type { RequestLimits } from '../../http/request-limits.js';
import { DATABASE, ENV, LOG, METRICS, NEWS, STORE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import type { NewsFeed } from '../../platform/database/news-feed.js';
import type { Logger } from '../../platform/logger.js';
import type { GatewayMetrics } from '../../platform/metrics/gateway-metrics.js';
import type { ModelMeter } from '../../platform/metrics/serving-metrics.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';
import { seldomWarning } from '../../platform/seldom-warning.js';
import { findGone } from './find-gone.js';
import { loadModel } from './load-model.js';
import { resolveTarget, type Target } from './resolve-target.js';
import { type Loaded, type ModelStatus, SessionCache } from './session-cache.js';

export type { Loaded, Target };

interface Followed {
  target: Target;
  served: ServedModel;
}

/** Behind the news, for what was missed while the connection was broken. */
const pollMs = 500;
/** A model that takes longer to load keeps the others from being swapped no longer than this. */
const swapPatienceMs = 30_000;
/** Targets kept in mind; the least recently used goes first. */
const mostTargets = 256;
/** No version of the global pointer: the next turn looks at every target. */
const unseen = -1;

/**
 * The models that answer predictions. A target that was asked for once is followed: when it leads to another version,
 * that is loaded and tried first and then answers, and the old one goes when its last request is done. When it leads
 * nowhere any more, its session goes. While the database is away, predictions go on from what is loaded.
 */
@Injectable()
export class ServingService implements OnModuleInit, OnModuleDestroy {
  private readonly sessions: SessionCache;
  /** In the order of their last use. */
  private readonly followed = new Map<string, Followed>();
  private unsubscribe: (() => void) | undefined;
  /** One turn at a time: two at once could swap back to the older model. */
  private following: Repeating | undefined;
  private seenVersion = unseen;

  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(NEWS) private readonly news: NewsFeed,
    @Inject(LOG) private readonly log: Logger,
    @Inject(METRICS) private readonly metrics: GatewayMetrics,
    @Inject(STORE) private readonly store: ObjectStore,
    @Inject(ENV) { SERVING_MEMORY_MB }: Env,
  ) {
    this.sessions = new SessionCache({
      load: (served) => this.loadCounted(served),
      memoryBytes: SERVING_MEMORY_MB * 1_048_576,
      onUnload: ({ identifier, model_version }) => metrics.serving.forget(identifier, model_version),
      onError: (err) => log.error({ err }, 'a model could not be loaded or unloaded'),
    });
  }

  onModuleInit(): void {
    this.unsubscribe = this.news.subscribe(({ kind }) => {
      if (kind === 'promotion' || kind === 'model') this.following?.wake();
    });
    this.following = repeating(() => this.refresh(), {
      intervalMs: pollMs,
      onError: seldomWarning(this.log, 'promotions could not be read; serving what is loaded'),
    });
  }

  async onModuleDestroy(): Promise<void> {
    this.unsubscribe?.();
    await this.following?.stop();
    await this.sessions.close();
  }

  /**
   * Uses the model that a target leads to, and counts how that ended.
   * @throws AppError `not_found` when it leads nowhere; `unavailable` when the model cannot be loaded now, or not by
   *   the deadline
   */
  async use<T>(
    target: Target,
    { deadline }: Pick<RequestLimits, 'deadline'>,
    work: (loaded: Loaded) => Promise<T>,
  ): Promise<T> {
    const served = this.known(target) ?? (await this.follow(target));
    return this.sessions.use(served, deadline, (loaded) => counted(loaded.meter, () => work(loaded)));
  }

  /**
   * Loads what a target leads to, and keeps it.
   * @throws AppError `not_found`; `unavailable` also when it is not loaded by the deadline
   */
  async load(target: Target, { deadline }: Pick<RequestLimits, 'deadline'>): Promise<ServedModel> {
    const served = this.known(target) ?? (await this.follow(target));
    await this.sessions.load(served, deadline);
    return served;
  }

  /** Forgets the targets of a model and unloads its versions (one, or all): the next request loads them again. */
  unload(identifier: string, version?: number): void {
    const isMeant = (served: ServedModel) =>
      served.identifier === identifier && (version === undefined || served.model_version === version);
    for (const [key, { served }] of this.followed) if (isMeant(served)) this.followed.delete(key);
    this.sessions.retain((served) => !isMeant(served));
  }

  /** Every model that is loaded, and why those that could not be are not. */
  statuses(): ModelStatus[] {
    return this.sessions.statuses();
  }

  /** @throws AppError `unavailable` that names the loaded models that do not answer in time */
  requireAnswering(): void {
    const hanging = this.statuses().flatMap(({ served, loaded }) => {
      const { hung } = loaded?.session ?? {};
      return hung === undefined ? [] : `version ${served.model_version} of ${served.identifier}: ${hung}`;
    });
    if (hanging.length > 0) throw new AppError('unavailable', hanging.join('; '));
  }

  private known(target: Target): ServedModel | undefined {
    const key = JSON.stringify(target);
    const followed = this.followed.get(key);
    if (!followed) return undefined;
    this.followed.delete(key);
    this.followed.set(key, followed);
    return followed.served;
  }

  private async follow(target: Target): Promise<ServedModel> {
    const served = await resolveTarget(this.db, target);
    this.followed.set(JSON.stringify(target), { target, served });
    // It may lead elsewhere since it was looked up, and the turn for that have been over before it was followed.
    this.seenVersion = unseen;
    this.following?.wake();
    this.forgetOldest();
    return served;
  }

  private forgetOldest(): void {
    const [oldest] = this.followed.keys();
    if (this.followed.size > mostTargets && oldest !== undefined) this.followed.delete(oldest);
    this.retain();
  }

  private async refresh(): Promise<void> {
    // First: a turn that fails here has changed nothing, and the next one sees as much.
    const gone = await this.findGone();
    const pointer = await this.db.pointer.findUnique({ where: { identifier: globalPointer } });
    const version = pointer?.version ?? 0;
    const moved = version !== this.seenVersion;
    // Before the turn, not after it: whoever wants another one meanwhile takes it back.
    this.seenVersion = version;
    for (const [key, followed] of Array.from(this.followed)) {
      const { target, served } = followed;
      // Aliases move without a promotion; a version stays what it is, until it is archived or deleted.
      const mayLeadElsewhere = 'alias' in target || (moved && !('version' in target));
      if (!mayLeadElsewhere && !gone.has(nameOf(served))) continue;
      try {
        await this.swap(key, followed);
      } catch (err) {
        if (isNotFound(err)) {
          this.log.info({ ...target, from: served.model_version, why: err.message }, 'no longer served');
          if (this.followed.get(key) === followed) this.followed.delete(key);
          continue;
        }
        // The database or the store is away, say: tried again at the next turn.
        this.seenVersion = unseen;
        this.log.error({ err, ...target }, 'keeping the model that serves');
      }
    }
    this.retain();
  }

  /** Names of the versions that answer and were archived or deleted. */
  private async findGone(): Promise<ReadonlySet<string>> {
    const versions = Array.from(this.followed.values(), ({ served }) => served);
    return new Set((await findGone(this.db, versions)).map(nameOf));
  }

  private async swap(key: string, { target, served }: Followed): Promise<void> {
    const current = await resolveTarget(this.db, target);
    if (isSame(current, served)) return;
    // One that nobody asked for lately was unloaded, and so its successor need not be loaded either.
    if (this.sessions.has(served))
      await this.sessions.load(current, performance.now() + swapPatienceMs, served);
    if (this.followed.get(key)?.served !== served) return;
    this.followed.set(key, { target, served: current });
    this.metrics.serving.swaps.inc({ model: current.identifier });
    this.log.info({ ...target, from: served.model_version, to: current.model_version }, 'model swapped');
  }

  private retain(): void {
    const kept = new Set([...this.followed.values()].map(({ served }) => nameOf(served)));
    this.sessions.retain((served) => kept.has(nameOf(served)));
  }

  private async loadCounted(served: ServedModel): Promise<Loaded> {
    const { serving } = this.metrics;
    try {
      const loaded = await loadModel(this.store, serving, served);
      serving.loads.inc({ outcome: 'ok' });
      return loaded;
    } catch (error) {
      serving.loads.inc({ outcome: outcomeOf(error) });
      throw error;
    }
  }
}

async function counted<T>(meter: ModelMeter, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const end = (outcome: string) => meter.request(outcome, (performance.now() - began) / 1_000);
  try {
    const result = await work();
    end('ok');
    return result;
  } catch (error) {
    end(outcomeOf(error));
    throw error;
  }
}

/** It leads nowhere any more: its alias was deleted, or its version archived or deleted. */
function isNotFound(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'not_found';
}

function outcomeOf(error: unknown): string {
  return error instanceof AppError ? error.code : 'internal';
}

/** Every identifier counts its versions from 1. */
function isSame(a: ServedModel, b: ServedModel): boolean {
  return nameOf(a) === nameOf(b);
}

function nameOf({ identifier, model_version }: Pick<ServedModel, 'identifier' | 'model_version'>): string {
  return `${identifier}/${model_version}`;
}
