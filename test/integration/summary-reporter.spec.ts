import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { projectRoot } from '../../src/platform/project-root.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'summary-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs vitest on these spec files and gives the last two lines of its output. */
function lastLines(specs: Record<string, string>): string[] {
  const reporter = pathToFileURL(path.join(projectRoot(), 'test/summary-reporter.ts')).href;
  writeFileSync(
    path.join(folder, 'vitest.config.mjs'),
    `import { SummaryReporter } from ${JSON.stringify(reporter)};
     export default { test: { globals: true, reporters: ['default', new SummaryReporter()] } };`,
  );
  for (const [name, body] of Object.entries(specs)) writeFileSync(path.join(folder, `${name}.spec.ts`), body);
  const vitest = path.join(projectRoot(), 'node_modules/vitest/vitest.mjs');
  const { stdout } = spawnSync(process.execPath, [vitest, 'run', '--root', folder], { encoding: 'utf8' });
  return stdout.trimEnd().split('\n').slice(-2);
}

it('ends the output with what passed and failed', () => {
  const passing = `it('a', () => {}); it('b', () => {});`;
  expect(lastLines({ passing }).at(-1)).toBe('2 passed, 0 failed');
});

it('counts what never ran because its file or its hook broke, and what was left out', () => {
  const specs = {
    good: `it('passes', () => {}); it('fails', () => { throw new Error('no'); }); it.skip('waits', () => {});`,
    unreadable: `import './missing.js'; it('never runs', () => {});`,
    hook: `describe('group', () => { beforeAll(() => { throw new Error('no'); }); it('never runs', () => {}); });`,
    stray: `it('passes', () => { setTimeout(() => { throw new Error('uncaught'); }); return new Promise((r) => setTimeout(r, 20)); });`,
  };
  expect(lastLines(specs)).toEqual(['2 skipped', '2 passed, 4 failed']);
});
