import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { finishedWithin } from './finished-within.js';

/** PostgreSQL's internal type "char", one byte, used by its catalogue tables. */
const charOid = 18;
const textOid = 25;

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;

/**
 * One connection (the engine's advisory lock belongs to the connection that took it), whose results say which
 * of their columns were "char".
 */
class CatalogPool extends pg.Pool {
  /** By the identity of a result's rows, the one thing of it that adapter-pg passes on. */
  readonly charColumns = new WeakMap<unknown[], number[]>();
  /** Why PostgreSQL refused the last script, in its own words: the engine passes on fewer. */
  refusal: string | undefined;

  constructor(connectionString: string) {
    super({ connectionString, max: 1 });
    // adapter-pg asks in this one form only; an override would have to honour pg's seven.
    Object.assign(this, { query: (config: pg.QueryArrayConfig) => this.queryArrays(config) });
  }

  private async queryArrays(config: pg.QueryArrayConfig): Promise<pg.QueryArrayResult> {
    const result = await super.query(config).catch((error: unknown) => {
      this.refusal = refusalOf(error, config.text);
      throw error;
    });
    // A script of many statements has many results, and no columns that anybody reads.
    if (Array.isArray(result)) return result;
    const chars: number[] = [];
    for (const [index, field] of result.fields.entries()) {
      if (field.dataTypeID !== charOid) continue;
      field.dataTypeID = textOid;
      chars.push(index);
    }
    if (chars.length > 0) this.charColumns.set(result.rows, chars);
    return result;
  }
}

function refusalOf(error: unknown, sql: string): string | undefined {
  if (!(error instanceof pg.DatabaseError)) return undefined;
  const position = Number(error.position);
  const line = position > 0 ? `line ${sql.slice(0, position).split('\n').length}: ` : '';
  return [line + error.message, error.detail, error.hint].filter(Boolean).join('; ');
}

/** The adapter of `pool` with its char columns named, and its scripts sent whole. */
async function connectTo(pool: CatalogPool, rewrite = (script: string) => script): Promise<Adapter> {
  const adapter = await new PrismaPg(pool).connect();
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of pool.charColumns.get(result.rows) ?? []) {
      result.columnTypes[index] = ColumnTypeEnum.Character;
    }
    return result;
  };
  adapter.executeScript = async (script) => {
    pool.refusal = undefined;
    await adapter.executeRaw({ sql: rewrite(script), args: [], argTypes: [] });
  };
  return adapter;
}

/**
 * `PrismaPg` as the schema engine needs it. Three things differ:
 *
 * - adapter-pg knows no column type for PostgreSQL's "char", which the engine's own catalogue queries return,
 *   and refuses the whole result; presented as text, the engine panics. It wants `Character`.
 * - adapter-pg runs a script by splitting it at every `;`, also inside the body of a function. Here a script
 *   goes to the server whole, as Prisma's own engine binary sends it. After an error the pool drops the
 *   connection, and with it the open transaction.
 * - adapter-pg's shadow database is the live one when the pool was made from a URL (pg lets `connectionString`
 *   win over `database`), and its dispose drops before it closes.
 */
export class MigrationPg extends PrismaPg {
  readonly #databaseUrl: string;
  readonly #pool: CatalogPool;
  #shadow: CatalogPool | undefined;

  /** @param databaseUrl where the migrations go; for a shadow database its user needs CREATEDB */
  constructor(databaseUrl: string) {
    const pool = new CatalogPool(databaseUrl);
    super(pool);
    this.#databaseUrl = databaseUrl;
    this.#pool = pool;
  }

  override connect(): Promise<Adapter> {
    return connectTo(this.#pool, finishedWithin);
  }

  override async connectToShadowDb(): Promise<Adapter> {
    const name = `shadow_${randomUUID().replaceAll('-', '')}`;
    const admin = new pg.Client(this.#databaseUrl);
    await admin.connect();
    try {
      // template0: what an administrator put into template1 would look like drift.
      await admin.query(`CREATE DATABASE "${name}" TEMPLATE template0`);
    } catch (error) {
      await admin.end();
      throw error;
    }
    const url = new URL(this.#databaseUrl);
    url.pathname = `/${name}`;
    const pool = new CatalogPool(url.href);
    this.#shadow = pool;
    const adapter = await connectTo(pool);
    adapter.dispose = async () => {
      await pool.end();
      await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`);
      await admin.end();
    };
    return adapter;
  }

  /** Why PostgreSQL refused the last script, or a query after it, with the line if it named one. */
  get refusal(): string | undefined {
    return this.#shadow?.refusal ?? this.#pool.refusal;
  }

  /** Ends the connections to the live database; the engine leaves them open. */
  async close(): Promise<void> {
    await this.#pool.end();
  }
}
