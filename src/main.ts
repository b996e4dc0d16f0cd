import 'reflect-metadata';
import { migrate } from '../prisma/migrate.js';
import { defaultPort, readEnv, requireDatabaseUrl } from './config/env.js';
import { armFailpoint } from './engine/failpoint.js';
import { openGateway } from './gateway.js';
import { waitForDatabase } from './platform/database/wait-for-database.js';
import { createLogger } from './platform/logger.js';
import { tellSupervisor } from './platform/supervisor-message.js';
import { stopOnSignal } from './platform/shutdown.js';

const databasePatienceMs = 60_000;

const env = readEnv();
const log = createLogger('gateway', env.LOG_LEVEL);
armFailpoint(env.TRAINYARD_FAILPOINT);
const url = requireDatabaseUrl(env);
const ownerUrl = env.DATABASE_OWNER_URL;
// The owner may have to make the other user first.
await waitForDatabase(ownerUrl ?? url, databasePatienceMs, (err) =>
  log.warn({ err }, 'waiting for PostgreSQL'),
);
await migrate(url, { ownerUrl });
const gateway = await openGateway(env, log);
stopOnSignal(log, () => gateway.stop());
await gateway.app.listen(env.PORT ?? defaultPort, env.HOST);
const address = await gateway.app.getUrl();
log.info({ url: address }, 'gateway ready');
tellSupervisor({ ready: true, url: address });
