import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { projectRoot } from '../../src/platform/project-root.js';

export interface CompiledChild {
  pid: number;
  /** Each line that it wrote, parsed as JSON; undefined after the last. */
  next(): Promise<unknown>;
  /** SIGKILL, and its end awaited. */
  kill(): Promise<void>;
}

/**
 * Runs the body of a module in a Node process of its own, with compiled files of the project: vitest translates
 * TypeScript for its own process only, and what is killed here must not be the test.
 *
 * Only inside a test, at whose end it is killed.
 *
 * @param file under the project root, as it was written: `src/local/postgres.ts`
 * @param body may use `subject`, the file's exports, and `say(value)`, which writes a line
 */
export function compiledChild(file: string, body: string): CompiledChild {
  const compiled = path.join(projectRoot(), 'dist', file.replace(/\.ts$/, '.js'));
  if (!existsSync(compiled))
    throw new Error(`${compiled} is missing: run \`npx tsc -p tsconfig.build.json\`.`);
  const source = `
    import * as subject from ${JSON.stringify(pathToFileURL(compiled).href)};
    const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  // Whatever became of the test, its children end with it.
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async next() {
      const line = await lines.next();
      return line.done ? undefined : (JSON.parse(line.value) as unknown);
    },
  };
}
