import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { mersenne } from 'pure-rand/generator/mersenne';
import { z } from 'zod';
import { initialParameters } from '../src/ml/recurrent/initial-parameters.js';
import { type Cell, cells, type RecurrentShape } from '../src/ml/recurrent/shape.js';
import { projectRoot } from '../src/platform/project-root.js';
import { RecurrentTrainer } from '../workers/training/recurrent-trainer.js';
import { quantile } from './quantile.js';

// npm run bench:training [-- --python /path/to/python] [-- --json file]
//
// Windows per second of a training step (forward, backward, clipping, Adam) for GRU and LSTM, 2 layers of 128, window
// 10, 11 features, batch 64; and the same in PyTorch where a Python with torch is found. The two take turns, so that a
// machine that changes its speed changes both.

const { values: options } = parseArgs({
  options: { python: { type: 'string', default: 'python3' }, json: { type: 'string' } },
});
const rounds = 5;
const steps = 100;
const warmupSteps = 20;
const batch = 64;

const results = [];
for (const cell of cells) {
  for (const threads of [1, 2]) {
    const own: number[] = [];
    const torch: number[] = [];
    const trainer = await createTrainer(cell, threads);
    for (let round = 0; round < rounds; round++) {
      own.push(await trainer.windowsPerSecond());
      torch.push(...pytorchWindowsPerSecond(cell, threads));
    }
    await trainer.release();
    const median = quantile(own, 0.5);
    const pytorch = torch.length > 0 ? quantile(torch, 0.5) : null;
    results.push({
      cell,
      threads,
      windows_per_second: Math.round(median),
      pytorch_windows_per_second: pytorch && Math.round(pytorch),
      ratio: pytorch && Number((median / pytorch).toFixed(2)),
    });
  }
}
process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
if (results.every(({ ratio }) => ratio === null)) {
  process.stdout.write(
    `PyTorch was not compared: ${options.python} has no torch; name another with --python\n`,
  );
}
if (options.json) writeFileSync(options.json, JSON.stringify(results, null, 2));

async function createTrainer(cell: Cell, threads: number) {
  const shape: RecurrentShape = {
    cell,
    inputSize: 11,
    hiddenSize: 128,
    numLayers: 2,
    window: 10,
    outputSize: 1,
  };
  const random = mersenne(42);
  const settings = { learningRate: 1e-4, gradientClip: 1, threads };
  const trainer = await RecurrentTrainer.create(shape, settings, initialParameters(shape, random));
  const uniform = (length: number) => Float32Array.from({ length }, () => uniformFloat32(random));
  const x = uniform(shape.window * batch * shape.inputSize);
  const y = uniform(batch);
  for (let step = 0; step < warmupSteps; step++) await trainer.step(x, y);
  return {
    async windowsPerSecond(): Promise<number> {
      const began = performance.now();
      for (let step = 0; step < steps; step++) await trainer.step(x, y);
      return (batch * steps) / ((performance.now() - began) / 1000);
    },
    release: () => trainer.release(),
  };
}

/** One round in PyTorch; empty where there is none. */
function pytorchWindowsPerSecond(cell: Cell, threads: number): number[] {
  const script = path.join(projectRoot(), 'bench/pytorch_training.py');
  try {
    const output = execFileSync(options.python, [script, cell, String(threads), String(steps), '1'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return z.array(z.number()).parse(JSON.parse(output));
  } catch {
    return [];
  }
}
