import type { FastifyInstance } from 'fastify';

const rawType = 'application/x-raw';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The handler reads the request's stream by itself; nothing parses or buffers it. */
    raw?: boolean;
  }
  interface FastifyRequest {
    /** What the caller sent, on raw routes. */
    sentContentType?: string;
  }
}

/**
 * Leaves the body of raw routes alone, whatever its type: the parsers for JSON and forms would otherwise read a CSV
 * that calls itself JSON into memory. Fastify chooses a parser by the content type, so that is what is changed.
 */
export function allowRawBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.raw) {
      request.sentContentType = request.headers['content-type'];
      request.raw.headers['content-type'] = rawType;
    }
    done();
  });
  fastify.addContentTypeParser(rawType, (_request, _payload, done) => done(null));
}
