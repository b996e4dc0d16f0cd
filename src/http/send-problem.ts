import type { FastifyReply, FastifyRequest } from 'fastify';
import { renderError } from './render-error.js';
import { toProblem } from './to-problem.js';

/** Answers with an error in the form that its path has, and logs those that nobody expected. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?')[0] ?? '/';
  const { problem, retryAfterSeconds, unexpected } = toProblem(error, path, request.id);
  if (unexpected) request.log.error({ err: error }, 'request failed');
  // The answer has begun, so all that is left is to break it off: half a body must not look like a whole one.
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const { contentType, body } = renderError(problem);
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(Math.ceil(retryAfterSeconds)));
  void reply
    .status(problem.status)
    // Faults that Fastify finds before there is a route come here without having been through our hooks.
    .header('x-request-id', request.id)
    .header('content-type', contentType)
    .send(JSON.stringify(body));
}
