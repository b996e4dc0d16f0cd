import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from '../../../src/platform/project-root.js';
import { findExecutable } from '../../find-executable.js';

const packages = 'import onnxruntime, pandas, skl2onnx, sklearn';

/** A Python with scikit-learn and skl2onnx: the one that `.ci/run` makes, or the machine's. Undefined when there is none. */
export function findPython(): string | undefined {
  const made = path.join(projectRoot(), '.cache/python/bin/python');
  return [findExecutable(made), findExecutable('python3')].find((python) => {
    if (python === undefined) return false;
    try {
      execFileSync(python, ['-c', packages], { stdio: 'ignore', timeout: 60_000 });
      return true;
    } catch {
      return false;
    }
  });
}
