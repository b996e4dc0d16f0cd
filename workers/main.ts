import { migrate } from '../prisma/migrate.js';
import { readEnv, requireDatabaseUrl } from '../src/config/env.js';
import { armFailpoint } from '../src/engine/failpoint.js';
import { waitForDatabase } from '../src/platform/database/wait-for-database.js';
import { createLogger } from '../src/platform/logger.js';
import { stopOnSignal } from '../src/platform/shutdown.js';
import { tellSupervisor } from '../src/platform/supervisor-message.js';
import { startWorker } from './worker.js';

const databasePatienceMs = 60_000;

const env = readEnv();
const log = createLogger('worker', env.LOG_LEVEL);
armFailpoint(env.TRAINYARD_FAILPOINT);
const url = requireDatabaseUrl(env);
const ownerUrl = env.DATABASE_OWNER_URL;
// The owner may have to make the other user first.
await waitForDatabase(ownerUrl ?? url, databasePatienceMs, (err) =>
  log.warn({ err }, 'waiting for PostgreSQL'),
);
await migrate(url, { ownerUrl });
const worker = await startWorker(env, log);
stopOnSignal(log, () => worker.stop());
tellSupervisor({ ready: true, url: null });
