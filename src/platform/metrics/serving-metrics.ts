import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { errorCodes } from '../../contracts/app-error.js';

const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Counts what one loaded model does. */
export interface ModelMeter {
  /** A request ended; `outcome` is ok or the code of its error. */
  request(outcome: string, seconds: number): void;
  /** A run of a request was answered. */
  run(queueSeconds: number, computeSeconds: number): void;
  batch(rows: number): void;
  restart(): void;
}

/** What serving counts, by model and version; the series of a version go when it is unloaded. */
export function createServingMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ['model', 'version'] as const;
  const named = { labelNames, registers };
  const requests = new Counter({
    name: 'trainyard_model_requests_total',
    help: 'Requests by model and how they ended: ok, or the code of the error.',
    labelNames: [...labelNames, 'outcome'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'trainyard_model_request_seconds',
    help: 'Time from a request that found its model to its answer.',
    buckets: seconds,
    ...named,
  });
  const queueSeconds = new Histogram({
    name: 'trainyard_model_queue_seconds',
    help: 'Time that a run waits for its batch to begin and its answer to be read.',
    buckets: seconds,
    ...named,
  });
  const computeSeconds = new Histogram({
    name: 'trainyard_model_compute_seconds',
    help: 'Time of a batch in the model, as each of its runs sees it.',
    buckets: seconds,
    ...named,
  });
  const batchRows = new Histogram({
    name: 'trainyard_model_batch_rows',
    help: 'Rows run together.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    ...named,
  });
  const restarts = new Counter({
    name: 'trainyard_model_restarts_total',
    help: 'Processes of a model that ended over a request and were started anew.',
    ...named,
  });
  const byModel = [requestSeconds, queueSeconds, computeSeconds, batchRows, restarts];
  const outcomes = ['ok', ...errorCodes];
  return {
    loads: new Counter({
      name: 'trainyard_model_loads_total',
      help: 'Loads of models: ok, or the code of the error.',
      labelNames: ['outcome'],
      registers,
    }),
    swaps: new Counter({
      name: 'trainyard_model_swaps_total',
      help: 'Times that another version took over.',
      labelNames: ['model'],
      registers,
    }),
    queueDepth: new Gauge({
      name: 'trainyard_model_queue_depth',
      help: 'Runs that wait for a batch.',
      ...named,
    }),
    memory: new Gauge({
      name: 'trainyard_model_memory_bytes',
      help: 'Memory that a loaded model is reckoned with.',
      ...named,
    }),
    /** The meter of a version; labels are looked up once, not at every request. */
    meter(model: string, version: number): ModelMeter {
      const labels = { model, version };
      const request = requestSeconds.labels(labels);
      const queue = queueSeconds.labels(labels);
      const compute = computeSeconds.labels(labels);
      const rows = batchRows.labels(labels);
      return {
        request(outcome, total) {
          requests.inc({ model, version, outcome });
          request.observe(total);
        },
        run(waited, computed) {
          queue.observe(waited);
          compute.observe(computed);
        },
        batch: (size) => rows.observe(size),
        restart: () => restarts.inc(labels),
      };
    },
    /** Drops the series of a version that was unloaded: versions come and go for ever. */
    forget(model: string, version: number): void {
      const labels = { model, version };
      for (const metric of byModel) metric.remove(labels);
      for (const outcome of outcomes) requests.remove({ ...labels, outcome });
    },
  };
}

export type ServingMetrics = ReturnType<typeof createServingMetrics>;
