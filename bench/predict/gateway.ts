import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { readEnv } from '../../src/config/env.js';
import type { ArtifactRef } from '../../src/contracts/artifact-ref.js';
import { ModelManifest } from '../../src/contracts/model-manifest.js';
import { TrainOutput } from '../../src/contracts/steps/train.js';
import { endedRuns } from '../../src/engine/transitions.js';
import { DemoRun } from '../../src/local/demo/demo-run.js';
import { call } from '../../src/local/demo/gateway-client.js';
import { startStack } from '../../src/local/stack.js';
import type { MeasuredServer } from './bare-server.js';

export interface MeasuredGateway extends MeasuredServer {
  url: string;
  identifier: string;
  modelFile: string;
  manifestFile: string;
  manifest: ModelManifest;
}

const identifier = 'bench';
const rows = 1_000;
const columns = ['down', 'up', 'users', 'errors', 'load'];

/**
 * Starts everything as `npm start` does, and trains and promotes a GRU of the default size over HTTP: how well does not
 * matter, so little data and one epoch will do.
 */
export async function startGateway(): Promise<MeasuredGateway> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trainyard-bench-'));
  const complain = (line: string) => void process.stderr.write(`${line}\n`);
  const stack = await startStack({
    env: { ...readEnv(), TRAINYARD_HOME: folder, PORT: 0 },
    environment: { ...process.env, LOG_LEVEL: 'info' },
    say: () => {},
    onTrouble: (name, line) => complain(`${name}: ${line}`),
  });
  const { url } = stack;
  try {
    const dataset = `${url}/objects/dataset/bench.csv`;
    await call(dataset, z.unknown(), { method: 'PUT', body: Buffer.from(series()) });
    const parameters = { dataset_name: 'bench', identifier, targets: ['down'], epochs: 1 };
    const json = { pipeline: 'forecasting', parameters };
    let run = await call(`${url}/pipeline-runs`, DemoRun, { method: 'POST', json });
    while (!endedRuns.has(run.state)) {
      await delay(250);
      run = await call(`${url}/pipeline-runs/${run.id}`, DemoRun);
    }
    const gru = TrainOutput.parse(run.steps.find(({ name }) => name === 'train_gru')?.outputs);
    const promotion = {
      identifier,
      model_version: gru.model_version,
      reason: 'benchmark',
      // It is measured, whichever of the run is the best.
      override_gates: true,
    };
    await call(`${url}/promotions`, z.unknown(), { method: 'POST', json: promotion });
    const download = async ({ bucket, key }: ArtifactRef, name: string) => {
      const response = await fetch(`${url}/objects/${bucket}/${key}`);
      const file = path.join(folder, name);
      writeFileSync(file, Buffer.from(await response.arrayBuffer()));
      return file;
    };
    const manifestFile = await download(gru.manifest, 'manifest.json');
    return {
      url,
      port: Number(new URL(url).port),
      identifier,
      modelFile: await download(gru.model, 'model.onnx'),
      manifestFile,
      manifest: ModelManifest.parse(JSON.parse(readFileSync(manifestFile, 'utf8'))),
      async cpu() {
        const text = await (await fetch(`${url}/metrics`)).text();
        const seconds = /^process_cpu_seconds_total (\S+)/m.exec(text)?.[1];
        return Number(seconds) * 1e6;
      },
      async stop() {
        await stack.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function series(): string {
  const lines = [`time,${columns.join(',')}`];
  for (let row = 0; row < rows; row++) {
    const cells = columns.map((_, i) => (10 * (i + 1) * (2 + Math.sin(row / (3 + i)))).toFixed(3));
    lines.push([new Date(Date.UTC(2024, 0, 1) + row * 3_600_000).toISOString(), ...cells].join(','));
  }
  return lines.join('\n');
}
