import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Env } from '../config/env.js';
import type { Database } from '../platform/database/database.js';
import type { NewsFeed } from '../platform/database/news-feed.js';
import type { Logger } from '../platform/logger.js';
import type { GatewayMetrics } from '../platform/metrics/gateway-metrics.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import type { StepQueues } from '../platform/queue/step-queues.js';
import type { Cursors } from './cursors.js';

/** What the gateway stands on, opened before Nest begins: nothing here is constructed by injection. */
export interface Resources {
  env: Env;
  log: Logger;
  db: Database;
  queues: StepQueues;
  store: ObjectStore;
  metrics: GatewayMetrics;
  cursors: Cursors;
  news: NewsFeed;
}

export const ENV = Symbol('env');
export const LOG = Symbol('log');
export const DATABASE = Symbol('database');
export const QUEUES = Symbol('queues');
export const STORE = Symbol('store');
export const METRICS = Symbol('metrics');
export const CURSORS = Symbol('cursors');
export const NEWS = Symbol('news');

@Global()
@Module({})
export class ResourcesModule {
  static with({ env, log, db, queues, store, metrics, cursors, news }: Resources): DynamicModule {
    const providers = [
      { provide: ENV, useValue: env },
      { provide: LOG, useValue: log },
      { provide: DATABASE, useValue: db },
      { provide: QUEUES, useValue: queues },
      { provide: STORE, useValue: store },
      { provide: METRICS, useValue: metrics },
      { provide: CURSORS, useValue: cursors },
      { provide: NEWS, useValue: news },
    ];
    return { module: ResourcesModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}
