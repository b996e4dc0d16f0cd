import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { LogController } from 'fastify';
import { AppModule } from './app.module.js';
import { nestLogger } from './http/nest-logger.js';
import { observeRequests } from './http/observe-requests.js';
import { openApiDocument } from './http/openapi-document.js';
import { ProblemFilter } from './http/problem-filter.js';
import { allowForms } from './http/multipart.js';
import { allowRawBodies } from './http/raw-body.js';
import { requestId } from './http/request-id.js';
import type { Resources } from './http/resources.module.js';
import { sendProblem } from './http/send-problem.js';
import { validationPipe } from './http/validation-pipe.js';

/** JSON bodies; objects are streamed and have no such limit. A prediction may bring a long history. */
const bodyLimit = 16 * 1024 * 1024;
/** A slow client holds a connection no longer than this for its headers. */
const headersTimeoutMs = 30_000;
/** Keys of objects are part of the path: 1,024 bytes, three characters each when all are escaped. */
const maxParamLength = 4_096;

/** Builds the application without listening; the gateway, the tests and the OpenAPI document share it. */
export async function createApp(resources: Resources): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    loggerInstance: resources.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    bodyLimit,
    routerOptions: { maxParamLength },
    http: { headersTimeout: headersTimeoutMs },
    // Faults that Fastify finds before there is a route (`%ZZ` in a path) get the same form as all others.
    frameworkErrors: sendProblem,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(resources), adapter, {
    logger: nestLogger(resources.log),
    abortOnError: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  allowRawBodies(fastify);
  await allowForms(fastify);
  observeRequests(fastify, resources.metrics);
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ProblemFilter());
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Trainyard',
    swaggerOptions: { displayRequestDuration: true, tryItOutEnabled: true },
  });
  return app;
}
