import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, METRICS, QUEUES } from '../../http/resources.module.js';
import type { Database } from '../../platform/database/database.js';
import type { GatewayMetrics } from '../../platform/metrics/gateway-metrics.js';
import type { StepQueues } from '../../platform/queue/step-queues.js';

@Injectable()
export class MetricsService {
  constructor(
    @Inject(METRICS) private readonly metrics: GatewayMetrics,
    @Inject(DATABASE) private readonly db: Database,
    @Inject(QUEUES) private readonly queues: StepQueues,
  ) {}

  /** All metrics as text. What is read from rows is read now; when they cannot be read, it is left out. */
  async text(): Promise<string> {
    await Promise.allSettled([this.readRuns(), this.readSteps(), this.readQueues(), this.readProjections()]);
    return this.metrics.registry.metrics();
  }

  private async readRuns(): Promise<void> {
    this.metrics.runs.reset();
    const rows = await this.db.pipelineRun.groupBy({ by: ['pipeline', 'state'], _count: true });
    for (const { pipeline, state, _count } of rows) this.metrics.runs.set({ pipeline, state }, _count);
  }

  private async readSteps(): Promise<void> {
    this.metrics.steps.reset();
    const rows = await this.db.step.groupBy({
      by: ['kind', 'state'],
      where: { state: { in: ['PENDING', 'QUEUED', 'RUNNING'] } },
      _count: true,
    });
    for (const { kind, state, _count } of rows) this.metrics.steps.set({ kind, state }, _count);
  }

  private async readQueues(): Promise<void> {
    this.metrics.queueDepth.reset();
    for (const [kind, depth] of Object.entries(await this.queues.depths()))
      this.metrics.queueDepth.set({ kind }, depth);
  }

  private async readProjections(): Promise<void> {
    const [row] = await this.db.$queryRaw<{ behind: number }[]>`
      select count(*)::int as behind from projections where written < wanted`;
    this.metrics.projectionsBehind.set(row?.behind ?? 0);
  }
}
