import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { migrate } from '../../prisma/migrate.js';
import { defaultPort, type Env } from '../config/env.js';
import { projectRoot } from '../platform/project-root.js';
import { choosePort } from './choose-port.js';
import { lockFolder } from './folder-lock.js';
import { keepPostgres } from './keep-postgres.js';
import { SupervisedProcess } from './supervised-process.js';

export interface StackSettings {
  env: Env;
  /** What the processes inherit besides what the stack sets. */
  environment: NodeJS.ProcessEnv;
  /** Told what is being started, and what went wrong with a process that is started again. */
  say: (line: string) => void;
  /** Warnings and errors of gateway and worker. */
  onTrouble: (name: string, line: string) => void;
}

export interface Stack {
  /** Of the gateway. */
  url: string;
  home: string;
  /** Stops everything, in the order in which it was not started. */
  stop(): Promise<void>;
}

/**
 * Starts everything on this machine: PostgreSQL unless DATABASE_URL names one, gateway and worker. Data and logs lie
 * under TRAINYARD_HOME.
 *
 * @throws AppError `conflict` when another one works on the same folder; `unavailable` when a part does not start
 */
export async function startStack({ env, environment, say, onTrouble }: StackSettings): Promise<Stack> {
  const home = path.resolve(env.TRAINYARD_HOME);
  mkdirSync(path.join(home, 'logs'), { recursive: true, mode: 0o700 });
  const lock = await lockFolder(home);
  const stops: (() => Promise<void>)[] = [() => lock.release()];
  const stop = async (): Promise<void> => {
    for (let last = stops.pop(); last; last = stops.pop()) await last();
  };
  try {
    let databaseUrl = env.DATABASE_URL;
    if (!databaseUrl) {
      say('starting PostgreSQL');
      const postgres = await keepPostgres({ dataDir: path.join(home, 'postgres') }, say);
      stops.push(() => postgres.stop());
      // Gateway and worker never hear of the owner: they could not change history if they wanted to.
      await migrate(postgres.applicationUrl, { ownerUrl: postgres.url });
      databaseUrl = postgres.applicationUrl;
    }
    const port = await choosePort(env.HOST, env.PORT, defaultPort);
    const shared = {
      ...environment,
      DATABASE_URL: databaseUrl,
      DATABASE_URL_FILE: '',
      ...(!env.DATABASE_URL && { DATABASE_OWNER_URL: '', DATABASE_OWNER_URL_FILE: '' }),
      TRAINYARD_HOME: home,
      TRAINYARD_HOME_FILE: '',
    };
    const supervise = (name: string, file: string, own: NodeJS.ProcessEnv) => {
      const supervised = new SupervisedProcess({
        name,
        entry: path.join(projectRoot(), file),
        env: { ...shared, ...own },
        logFile: path.join(home, 'logs', `${name}.log`),
        onLine: (line) => isTrouble(line) && onTrouble(name, line),
        onRestart: (how) => say(`the ${name} was ${how}; starting it again`),
      });
      stops.push(() => supervised.stop());
      return supervised.start();
    };
    say('starting gateway and worker');
    const [url] = await Promise.all([
      supervise('gateway', 'dist/src/main.js', { PORT: String(port), PORT_FILE: '' }),
      supervise('worker', 'dist/workers/main.js', {}),
    ]);
    return { url: url ?? `http://${env.HOST}:${port}`, home, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Lines of level warn and above, and whatever is no line of our log: a crash, say. */
function isTrouble(line: string): boolean {
  const level = /^\{"level":(\d+)/.exec(line)?.[1];
  return level === undefined || Number(level) >= 40;
}
