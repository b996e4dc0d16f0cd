import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { projectRoot } from './project-root.js';

const Package = z.object({ version: z.string() });

/** Folders whose compiled code decides what a step computes. */
const stepCode = ['dist/src/contracts', 'dist/src/ml', 'dist/workers'];

/** The project's version. */
export function version(): string {
  return Package.parse(JSON.parse(readFileSync(path.join(projectRoot(), 'package.json'), 'utf8'))).version;
}

/** SHA-256 over the code of the steps: the same inputs and another build may give another result. */
export function buildHash(): string {
  const hash = createHash('sha256');
  for (const folder of stepCode) {
    const files = readdirSync(path.join(projectRoot(), folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.js')).sort()) {
      hash.update(`${folder}/${file}\0`).update(readFileSync(path.join(projectRoot(), folder, file)));
    }
  }
  return hash.digest('hex');
}

/** What made a model: version, code and runtime. */
export function buildName(): string {
  const runtime: unknown = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return `trainyard ${version()} ${buildHash().slice(0, 12)}, onnxruntime-node ${Package.parse(runtime).version}`;
}
