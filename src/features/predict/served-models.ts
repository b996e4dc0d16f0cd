import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { globalPointer } from '../../engine/promote.js';
import { type Repeating, repeating } from '../../engine/repeating.js';
import { DATABASE, LOG, NEWS, STORE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import type { NewsFeed } from '../../platform/database/news-feed.js';
import type { Logger } from '../../platform/logger.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';
import { seldomWarning } from '../../platform/seldom-warning.js';
import { resolveRoute, type Route } from './resolve-route.js';
import { type Loaded, SessionCache } from './session-cache.js';

interface Followed {
  route: Route;
  served: ServedModel;
}

/** Behind the news, for what was missed while the connection was broken. */
const pollMs = 500;
/** Routes kept in mind, and so models kept loaded; the least recently used goes first. */
const mostRoutes = 32;
/** No version of the global pointer: the next turn looks at every route. */
const unseen = -1;

/**
 * The models that answer predictions. A route that was asked for once is followed: when its promotion changes, the new
 * model is loaded and tried first and then answers, and the old one goes when its last request is done. While the
 * database is away, predictions go on from what is loaded.
 */
@Injectable()
export class ServedModels implements OnModuleInit, OnModuleDestroy {
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
    @Inject(STORE) store: ObjectStore,
  ) {
    this.sessions = new SessionCache(store, (err) =>
      log.error({ err }, 'a model could not be loaded or unloaded'),
    );
  }

  onModuleInit(): void {
    this.unsubscribe = this.news.subscribe(({ kind }) => {
      if (kind === 'promotion') this.following?.wake();
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
   * Uses the model that a route leads to.
   * @throws AppError `not_found` when nothing is promoted there; `unavailable` when it cannot be loaded now
   */
  async use<T>(route: Route, work: (served: ServedModel, loaded: Loaded) => Promise<T>): Promise<T> {
    const served = await this.find(route);
    return this.sessions.use(served, (loaded) => work(served, loaded));
  }

  private async find(route: Route): Promise<ServedModel> {
    const key = JSON.stringify([route.identifier, route.config_hash]);
    const known = this.followed.get(key);
    if (known) {
      this.followed.delete(key);
      this.followed.set(key, known);
      return known.served;
    }
    const served = await resolveRoute(this.db, route);
    if (!served) throw notPromoted(route);
    await this.sessions.load(served);
    this.followed.set(key, { route, served });
    // Another promotion may have come while this one was loaded, and its turn have been over before the route was here.
    this.seenVersion = unseen;
    this.following?.wake();
    this.forgetOldest();
    return served;
  }

  private forgetOldest(): void {
    const [oldest] = this.followed.keys();
    if (this.followed.size > mostRoutes && oldest !== undefined) this.followed.delete(oldest);
    this.retain();
  }

  private async refresh(): Promise<void> {
    const pointer = await this.db.pointer.findUnique({ where: { identifier: globalPointer } });
    const version = pointer?.version ?? 0;
    if (version === this.seenVersion) return;
    // Before the turn, not after it: whoever wants another one meanwhile takes it back.
    this.seenVersion = version;
    for (const [key, { route, served }] of Array.from(this.followed)) {
      try {
        const current = await resolveRoute(this.db, route);
        if (!current || isSame(current, served)) continue;
        await this.sessions.load(current);
        if (this.followed.has(key)) this.followed.set(key, { route, served: current });
        this.log.info({ ...route, from: served.model_version, to: current.model_version }, 'model swapped');
      } catch (err) {
        // The database or the store is away, say: tried again at the next turn.
        this.seenVersion = unseen;
        this.log.error({ err, ...route }, 'keeping the model that serves');
      }
    }
    this.retain();
  }

  private retain(): void {
    this.sessions.retain(new Set([...this.followed.values()].map(({ served }) => served.model.sha256)));
  }
}

/** Every identifier counts its versions from 1. */
function isSame(a: ServedModel, b: ServedModel): boolean {
  return a.identifier === b.identifier && a.model_version === b.model_version;
}

function notPromoted({ identifier, config_hash }: Route): AppError {
  const of = [
    identifier === undefined ? '' : ` for identifier ${identifier}`,
    config_hash === undefined ? '' : ` under config_hash ${config_hash}`,
  ].join('');
  return new AppError('not_found', `nothing is promoted${of}`);
}
