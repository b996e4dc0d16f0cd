import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Readiness } from '../../contracts/health.js';
import { DATABASE, QUEUES, STORE } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';
import type { StepQueues } from '../../platform/queue/step-queues.js';
import { ServingService } from '../serving/serving.service.js';

/** A dependency that does not answer in this time is down for whoever waits for us. */
const patienceMs = 2_000;

@Injectable()
export class HealthService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(QUEUES) private readonly queues: StepQueues,
    @Inject(STORE) private readonly store: ObjectStore,
    private readonly serving: ServingService,
  ) {}

  /** Asks everything that a request may need. */
  async readiness(): Promise<Readiness> {
    const probes = {
      database: () => this.db.$queryRaw`select 1`,
      queue: () => this.queues.depths(),
      objects: () => this.store.ping(),
      models: () => Promise.resolve(this.serving.requireAnswering()),
    };
    const checks = Object.fromEntries(
      await Promise.all(
        Object.entries(probes).map(async ([name, probe]) => [name, await check(probe)] as const),
      ),
    );
    const ok = Object.values(checks).every(({ status }) => status === 'ok');
    return { status: ok ? 'ok' : 'failed', checks };
  }
}

async function check(probe: () => Promise<unknown>): Promise<{ status: 'ok' | 'failed'; error?: string }> {
  const late = new AbortController();
  const timeout = delay(patienceMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`no answer in ${patienceMs} ms`);
  });
  try {
    await Promise.race([probe(), timeout]);
    return { status: 'ok' };
  } catch (error) {
    return {
      status: 'failed',
      error: error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error),
    };
  } finally {
    late.abort();
    await timeout.catch(() => {});
  }
}
