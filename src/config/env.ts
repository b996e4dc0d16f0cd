import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { stepKinds } from '../contracts/states.js';

const optional = z
  .string()
  .trim()
  .transform((value) => (value === '' ? undefined : value))
  .optional();
const number = (preset: number, schema: z.ZodNumber) => z.coerce.number().pipe(schema).default(preset);

/** Node's timers count no further. */
const maxTimeoutSeconds = 24 * 86_400;

/** `train=7200,infer=600`: seconds by kind of step. */
const StepTimeouts = z.preprocess(
  (text) =>
    typeof text === 'string'
      ? Object.fromEntries(text.split(',').map((pair) => pair.split('=').map((part) => part.trim())))
      : text,
  z.partialRecord(z.enum(stepKinds), z.coerce.number().pipe(z.number().gt(0).max(maxTimeoutSeconds))),
);

const EnvSchema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().pipe(z.int().min(0).max(65_535)).optional(),
  TRAINYARD_HOME: z.string().min(1).default('.trainyard'),
  DATABASE_URL: optional,
  DATABASE_OWNER_URL: optional,
  REDIS_URL: optional,
  S3_ENDPOINT: optional,
  S3_ACCESS_KEY: optional,
  S3_SECRET_KEY: optional,
  S3_REGION: z.string().default('us-east-1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  WORKER_STEPS: z
    .string()
    .default(stepKinds.join(','))
    .transform((value) => value.split(',').map((kind) => kind.trim()))
    .pipe(z.array(z.enum(stepKinds)).min(1)),
  WORKER_CONCURRENCY: z.coerce.number().pipe(z.int().min(1).max(256)).optional(),
  STEP_TIMEOUTS: StepTimeouts.default({}),
  RUN_RETENTION_DAYS: z.coerce.number().pipe(z.number().gt(0).max(36_500)).optional(),
  RUNS_PER_IDENTIFIER: z.coerce.number().pipe(z.int().min(1).max(10_000)).optional(),
  MODEL_UPLOAD_MB: number(512, z.int().min(1).max(2_047)),
  SERVING_MEMORY_MB: number(2_048, z.int().min(64).max(1_048_576)),
  TRAINING_THREADS: number(1, z.int().min(1).max(256)),
  LEASE_SECONDS: number(30, z.number().min(0.5).max(3_600)),
  RECONCILE_SECONDS: number(2, z.number().min(0.1).max(600)),
  EVENTS_HEARTBEAT_SECONDS: number(15, z.number().min(0.05).max(600)),
  /** Tests only: kills the process at a named point, once. */
  TRAINYARD_FAILPOINT: optional,
});

/** Every variable there is. */
export const envNames = Object.keys(EnvSchema.shape);

/** Where the gateway listens when nothing is said; the embedded stack takes a free port when this one is taken. */
export const defaultPort = 3000;

/** Everything that is set from outside. `.env.example` says what each means. */
export type Env = z.infer<typeof EnvSchema>;

/** Names that may also come as `<NAME>_FILE`, the path of a file that holds the value, as secrets are mounted. */
const fromFile = [
  'DATABASE_URL',
  'DATABASE_OWNER_URL',
  'REDIS_URL',
  'S3_ENDPOINT',
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY',
  'S3_REGION',
  'HOST',
  'PORT',
  'TRAINYARD_HOME',
];

/**
 * Reads the environment, once per process; nothing else looks at it.
 * @throws Error that names every variable that is wrong, without its value: it may be a secret
 */
export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  const values: Record<string, string | undefined> = { ...source };
  for (const name of fromFile) {
    const file = source[`${name}_FILE`];
    if (file === undefined || file === '') continue;
    if (source[name]) throw new Error(`both ${name} and ${name}_FILE are set: choose one`);
    try {
      values[name] = readFileSync(file, 'utf8').trim();
    } catch (cause) {
      throw new Error(`${name}_FILE names ${file}, which cannot be read`, { cause });
    }
  }
  // An empty variable is one that is not set, as in `PORT= npm start`.
  const set = Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = EnvSchema.safeParse(set);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`the environment is not right:\n  ${faults.join('\n  ')}`);
}

/** The database of a process that cannot do without. */
export function requireDatabaseUrl({ DATABASE_URL }: Env): string {
  if (DATABASE_URL) return DATABASE_URL;
  throw new Error(
    'DATABASE_URL is not set: give the URL of a PostgreSQL, or use `npm start`, which brings its own',
  );
}
