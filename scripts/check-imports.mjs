// Checks the import rules. dependency-cruiser is green over nothing at all when it cannot read the sources (with a
// TypeScript that it does not know, say), so seeing too little is a failure here.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const fewestModules = 150;
const cli = fileURLToPath(
  new URL('../node_modules/dependency-cruiser/bin/dependency-cruise.mjs', import.meta.url),
);
const folders = ['src', 'workers', 'prisma', 'openapi', 'bench'];
const cruise = (output, stdio) =>
  execFileSync(
    process.execPath,
    [cli, '--config', '.dependency-cruiser.cjs', '--output-type', output, ...folders],
    {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
      stdio,
    },
  );

try {
  cruise('err-long', 'inherit');
} catch {
  process.exit(1);
}
const { modules } = JSON.parse(cruise('json', ['ignore', 'pipe', 'inherit']));
const own = modules.filter(({ source }) => folders.some((folder) => source.startsWith(`${folder}/`)));
if (own.length < fewestModules) {
  process.stderr.write(`only ${own.length} of our modules were seen: the import rules were not checked\n`);
  process.exit(1);
}
