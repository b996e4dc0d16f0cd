import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from './project-root.js';

it('finds the folder of package.json from this file and from a compiled one', () => {
  const root = projectRoot();
  expect(existsSync(path.join(root, 'src/platform/project-root.ts'))).toBe(true);
  expect(projectRoot(path.join(root, 'dist/src/platform'))).toBe(root);
});

it('says where it looked when there is none', () => {
  const { root } = path.parse(projectRoot());
  expect(() => projectRoot(root)).toThrow(`No package.json in ${root}`);
});
