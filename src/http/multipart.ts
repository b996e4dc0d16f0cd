import multipart from '@fastify/multipart';
import { errorCodes, type FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The handler takes a form with a file, see `Upload`. */
    form?: boolean;
  }
}

/** Routes that say so take forms; the others refuse them as every type that they cannot read, with 415. */
export async function allowForms(fastify: FastifyInstance): Promise<void> {
  await fastify.register(multipart);
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const type = request.headers['content-type'] ?? '';
    const isRefused = /^multipart\//i.test(type) && !request.routeOptions.config.form && !request.is404;
    done(isRefused ? new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(type) : null, payload);
  });
}
