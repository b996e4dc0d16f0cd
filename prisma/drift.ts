import { AppError } from '../src/contracts/app-error.js';
import { engineWords } from './engine-words.js';
import { defaultPrismaDir, noFilter, readMigrations, readSchema, type PrismaFolder } from './prisma-files.js';
import { withSchemaEngine } from './schema-engine.js';

/**
 * What a new migration would have to say: the SQL that leads from `migrations/` to `schema.prisma`. All migrations
 * are applied to a shadow database for it, made beside the given one and dropped again (0.2 s); the given
 * database is not read.
 *
 * @param databaseUrl a database whose user may create databases
 * @returns `''` when the two agree
 * @throws AppError `invalid_data` when a migration fails, or the schema is wrong
 */
export async function migrationDrift(
  databaseUrl: string,
  { prismaDir = defaultPrismaDir }: PrismaFolder = {},
): Promise<string> {
  const migrations = readMigrations(prismaDir);
  return withSchemaEngine(databaseUrl, prismaDir, async (engine, adapter) => {
    try {
      const { exitCode, stdout } = await engine.diff({
        from: { tag: 'migrations', ...migrations },
        to: { tag: 'schemaDatamodel', files: [readSchema(prismaDir)] },
        script: true,
        // Asks for exit code 2 when there is a difference; the script alone is never empty.
        exitCode: true,
        filters: noFilter,
      });
      return exitCode === 2 ? (stdout ?? '') : '';
    } catch (cause) {
      const words = engineWords(cause);
      const why = adapter.refusal ? `${words.split('\n')[0]} PostgreSQL said: ${adapter.refusal}` : words;
      throw new AppError('invalid_data', `The migrations could not be compared with the schema: ${why}`, {
        cause,
      });
    }
  });
}
