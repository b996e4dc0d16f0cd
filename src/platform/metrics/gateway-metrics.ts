import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createServingMetrics } from './serving-metrics.js';

/** What the gateway counts, for Prometheus. */
export function createGatewayMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'trainyard_http_request_seconds',
      help: 'Time to answer a request.',
      // The route's pattern, not the path: a label per id would grow for ever.
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    runs: new Gauge({
      name: 'trainyard_pipeline_runs',
      help: 'Pipeline runs by state.',
      labelNames: ['pipeline', 'state'],
      registers,
    }),
    steps: new Gauge({
      name: 'trainyard_steps',
      help: 'Steps of open runs by kind and state.',
      labelNames: ['kind', 'state'],
      registers,
    }),
    queueDepth: new Gauge({
      name: 'trainyard_queue_jobs',
      help: 'Jobs that wait, are delayed or are worked on.',
      labelNames: ['kind'],
      registers,
    }),
    projectionsBehind: new Gauge({
      name: 'trainyard_projections_behind',
      help: 'Readable objects that are older than their rows.',
      registers,
    }),
    projectionsRepaired: new Counter({
      name: 'trainyard_projections_repaired_total',
      help: 'Pointer files that were found missing or altered, and written again.',
      labelNames: ['reason'],
      registers,
    }),
    serving: createServingMetrics(registry),
  };
}

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;
