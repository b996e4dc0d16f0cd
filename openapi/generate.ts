import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure.js';
import { AppError } from '../src/contracts/app-error.js';
import { createCursors } from '../src/http/cursors.js';
import { openApiDocument } from '../src/http/openapi-document.js';
import { openDatabase } from '../src/platform/database/database.js';
import { createLogger } from '../src/platform/logger.js';
import { createGatewayMetrics } from '../src/platform/metrics/gateway-metrics.js';
import { createObjectStore } from '../src/platform/object-store/create-object-store.js';
import { projectRoot } from '../src/platform/project-root.js';

// node dist/openapi/generate.js [--check]
//
// Writes the OpenAPI document of the application, or with --check says whether the committed one is it. The
// application is built but not started: no service is needed.

const file = path.join(projectRoot(), 'openapi/openapi.json');
const env = readEnv({});
const unused = () =>
  Promise.reject(new AppError('internal', 'there is no queue while a document is written'));
const app = await createApp({
  env,
  log: createLogger('openapi', 'silent'),
  db: openDatabase({ url: 'postgresql://127.0.0.1/unused' }).db,
  queues: { add: unused, depths: unused, close: unused },
  store: createObjectStore({ kind: 'files', root: path.join(projectRoot(), 'dist/unused') }),
  metrics: createGatewayMetrics(),
  cursors: createCursors(new Uint8Array()),
  news: { subscribe: () => () => {}, close: unused },
});
const document = `${JSON.stringify(openApiDocument(app), null, 2)}\n`;

if (!process.argv.includes('--check')) writeFileSync(file, document);
else if (readFileSync(file, 'utf8') !== document) {
  process.stderr.write('openapi/openapi.json is not what the application has; run `npm run openapi`\n');
  process.exitCode = 1;
}
