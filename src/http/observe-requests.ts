import type { FastifyInstance } from 'fastify';
import type { GatewayMetrics } from '../platform/metrics/gateway-metrics.js';

/** Counts, times and logs every request, and gives every answer the request's id. */
export function observeRequests(fastify: FastifyInstance, { httpSeconds }: GatewayMetrics): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, url, id, routeOptions } = request;
    const route = routeOptions.url ?? 'unknown';
    httpSeconds.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    const level = reply.statusCode >= 500 ? 'warn' : 'debug';
    request.log[level](
      { method, url, status: reply.statusCode, ms: Math.round(reply.elapsedTime), request_id: id },
      'request',
    );
    done();
  });
}
