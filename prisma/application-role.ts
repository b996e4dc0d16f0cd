import pg from 'pg';
import { AppError } from '../src/contracts/app-error.js';

/** Tables that are only added to: nobody but their owner could change that, and the application is not their owner. */
const addedTo = ['promotions', 'audit_entries'];

/**
 * Lets the user of `databaseUrl` work with the tables of another owner, and no more: it can neither change history nor
 * do away with the triggers that keep it. The user is made when there is none. Call it under the migration lock.
 *
 * @param owner a connection of the tables' owner
 * @throws AppError `invalid_request` when the URL names no other user with a password
 */
export async function grantApplication(owner: pg.Client, databaseUrl: string): Promise<void> {
  const { user, password } = new pg.Client({ connectionString: databaseUrl });
  if (!user || !password || user === owner.user) {
    throw new AppError(
      'invalid_request',
      'DATABASE_OWNER_URL is set, so DATABASE_URL must name another user, and its password',
    );
  }
  const role = pg.escapeIdentifier(user);
  const { rowCount } = await owner.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [user]);
  if (rowCount === 0) await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
  const database = pg.escapeIdentifier(owner.database ?? '');
  await owner.query(`
    BEGIN;
    -- CREATE is for the queue, which makes a schema of its own.
    GRANT CONNECT, TEMPORARY, CREATE ON DATABASE ${database} TO ${role};
    GRANT USAGE ON SCHEMA public TO ${role};
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role};
    REVOKE UPDATE, DELETE ON ${addedTo.join(', ')} FROM ${role};
    REVOKE DELETE ON promotion_requests FROM ${role};
    REVOKE INSERT, UPDATE, DELETE ON _prisma_migrations FROM ${role};
    COMMIT`);
  await giveQueue(owner, user);
}

/** A queue that was made before there were two users is the application's from now on. */
async function giveQueue(owner: pg.Client, user: string): Promise<void> {
  await owner.query(`SELECT set_config('trainyard.application', ${pg.escapeLiteral(user)}, false)`);
  await owner.query(`
    DO $$
    DECLARE
      application text := current_setting('trainyard.application');
      thing record;
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
                     WHERE n.nspname = 'bullmq' AND r.rolname <> application) THEN
        RETURN;
      END IF;
      EXECUTE format('ALTER SCHEMA bullmq OWNER TO %I', application);
      FOR thing IN
        SELECT format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, application) AS change
        FROM pg_class c WHERE c.relnamespace = 'bullmq'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
        UNION ALL
        SELECT format('ALTER SEQUENCE %s OWNER TO %I', c.oid::regclass, application)
        FROM pg_class c WHERE c.relnamespace = 'bullmq'::regnamespace AND c.relkind = 'S'
          AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO %I', p.oid::regprocedure, application)
        FROM pg_proc p WHERE p.pronamespace = 'bullmq'::regnamespace
        UNION ALL
        SELECT format('ALTER TYPE %s OWNER TO %I', t.oid::regtype, application)
        FROM pg_type t WHERE t.typnamespace = 'bullmq'::regnamespace AND t.typtype IN ('e', 'd')
      LOOP
        EXECUTE thing.change;
      END LOOP;
    END $$`);
}

/** Has the user of the URL been let in, since the newest table was made? */
export async function isGranted(owner: pg.Client, databaseUrl: string): Promise<boolean> {
  const { user } = new pg.Client({ connectionString: databaseUrl });
  const { rows } = await owner.query<{ granted: boolean | null }>(
    `SELECT bool_and(has_table_privilege(r.oid, c.oid, 'SELECT')) AS granted
     FROM pg_roles r, pg_class c
     WHERE r.rolname = $1 AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`,
    [user],
  );
  return rows[0]?.granted === true;
}
