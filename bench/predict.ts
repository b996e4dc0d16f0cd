import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Tensor } from 'onnxruntime-node';
import type { ModelManifest } from '../src/contracts/model-manifest.js';
import { createSession } from '../src/platform/onnx/session.js';
import { type MeasuredServer, startBareServer } from './predict/bare-server.js';
import { startFastApi } from './predict/fastapi-server.js';
import { startGateway } from './predict/gateway.js';
import { load, type LoadRequest, type LoadResult } from './predict/load.js';
import { besideSlowModel } from './predict/slow-neighbour.js';

// npm run bench:predict [-- --seconds 5] [-- --rounds 3] [-- --python path] [-- --json file]
//
// Predictions of one GRU 2x128, one row a request, all on this machine in one run: through the gateway (infer and
// predict); through `node:http` with the model inline; and through `node:http` with the gateway's serving thread and
// batches; and, where that Python has it, through FastAPI with the model inline. Servers take turns, and the median of the rounds counts, because machines are noisy: only ratios of one run
// mean anything.

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    python: { type: 'string', default: 'python3' },
    json: { type: 'string' },
  },
});
const [seconds, rounds] = [Number(options.seconds), Number(options.rounds)];
const connections = [1, 32, 256];

interface Contestant {
  name: string;
  server: MeasuredServer;
  request: LoadRequest;
}

type Measured = LoadResult & { cpu_us_per_request: number };

const gateway = await startGateway();
const inline = await startBareServer('inline-server', [gateway.modelFile]);
const batched = await startBareServer('batched-server', [gateway.modelFile, gateway.manifestFile]);
const fastapi = await startFastApi(
  options.python,
  gateway.modelFile,
  (line) => void process.stderr.write(`${line}\n`),
);
try {
  const infer = inferBody(gateway.manifest);
  const contestants: Contestant[] = [
    {
      name: 'infer',
      server: gateway,
      request: { port: gateway.port, path: `/v2/models/${gateway.identifier}/infer`, body: infer },
    },
    {
      name: 'predict',
      server: gateway,
      request: {
        port: gateway.port,
        path: '/predict',
        body: predictBody(gateway.identifier, gateway.manifest),
      },
    },
    { name: 'inline', server: inline, request: { port: inline.port, path: '/', body: infer } },
    { name: 'batched', server: batched, request: { port: batched.port, path: '/', body: infer } },
    ...(fastapi
      ? [{ name: 'fastapi', server: fastapi, request: { port: fastapi.port, path: '/', body: infer } }]
      : []),
  ];
  const closed: Record<string, Record<string, Measured>> = {};
  for (const count of connections) closed[count] = await medians(contestants, count);
  const at32 = closed['32']!;
  const open: Record<string, Measured> = {};
  for (const contestant of contestants.slice(0, 2)) {
    const rate = Math.round(at32[contestant.name]!.requests_per_second / 2);
    open[contestant.name] = await measure(contestant, { connections: 32, rate });
  }
  const slow_neighbour = await besideSlowModel(gateway, contestants[0]!.request, {
    rate: Math.round(at32.infer!.requests_per_second / 4),
    seconds: 2 * seconds,
  });
  const ratio = (a: string, b: string) =>
    Number((at32[a]!.requests_per_second / at32[b]!.requests_per_second).toFixed(2));
  const result = {
    closed_loop: closed,
    open_loop_at_half_capacity: open,
    slow_neighbour,
    runtime_rows_per_second: await runtimeAlone(gateway.modelFile, gateway.manifest),
    ratios_at_32: {
      infer_to_inline: { ratio: ratio('infer', 'inline'), bar: 2 },
      infer_to_batched: { ratio: ratio('infer', 'batched'), bar: 0.8 },
      predict_to_inline: { ratio: ratio('predict', 'inline'), bar: 1.5 },
      ...(fastapi && { infer_to_fastapi: { ratio: ratio('infer', 'fastapi'), bar: 5 } }),
    },
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  if (options.json) writeFileSync(options.json, JSON.stringify(result, null, 2));
} finally {
  await fastapi?.stop();
  await batched.stop();
  await inline.stop();
  await gateway.stop();
}

async function measure(
  { server, request }: Contestant,
  settings: { connections: number; rate?: number },
): Promise<Measured> {
  const before = await server.cpu();
  const began = performance.now();
  const result = await load(request, { ...settings, seconds });
  const after = await server.cpu();
  const requests = (result.requests_per_second * (performance.now() - began)) / 1_000;
  return { ...result, cpu_us_per_request: Math.round((after - before) / requests) };
}

async function medians(contestants: readonly Contestant[], count: number): Promise<Record<string, Measured>> {
  const all = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants) {
      const measured = await measure(contestant, { connections: count });
      process.stderr.write(`${contestant.name} at ${count}: ${JSON.stringify(measured)}\n`);
      all.get(contestant.name)!.push(measured);
    }
  }
  return Object.fromEntries(
    Array.from(all, ([name, results]) => {
      results.sort((a, b) => a.requests_per_second - b.requests_per_second);
      return [name, results[Math.floor(results.length / 2)]!];
    }),
  );
}

/** ONNX Runtime without any server, on one thread, by batch size. */
async function runtimeAlone(file: string, manifest: ModelManifest): Promise<Record<string, number>> {
  const session = await createSession(readFileSync(file));
  const figures: Record<string, number> = {};
  for (const batch of [1, 8, 32, 64]) {
    const { time, columns } = exampleCells(manifest);
    const repeat = <T>(values: readonly T[]) => Array.from({ length: batch }, () => values).flat();
    const feeds = {
      time: new Tensor('int64', BigInt64Array.from(repeat(time), BigInt), [batch, manifest.rows]),
      columns: new Tensor('float64', Float64Array.from(repeat(columns)), [
        batch,
        manifest.rows,
        manifest.columns.length,
      ]),
    };
    const end = performance.now() + 2_000;
    const began = performance.now();
    let rows = 0;
    for (; performance.now() < end; rows += batch) await session.run(feeds);
    figures[batch] = Math.round((rows * 1_000) / (performance.now() - began));
  }
  await session.release();
  return figures;
}

function exampleCells({ example, rows }: ModelManifest): { time: number[]; columns: number[] } {
  const cells = example.columns.slice(-rows).map((row) => row.map((cell) => cell ?? 0));
  return { time: example.time.slice(-rows), columns: cells.flat() };
}

function inferBody(manifest: ModelManifest): string {
  const { time, columns } = exampleCells(manifest);
  const shape = [1, manifest.rows];
  return JSON.stringify({
    inputs: [
      { name: 'time', datatype: 'INT64', shape, data: time },
      { name: 'columns', datatype: 'FP64', shape: [...shape, manifest.columns.length], data: columns },
    ],
  });
}

function predictBody(identifier: string, { example, columns }: ModelManifest): string {
  return JSON.stringify({
    identifier,
    data: {
      time: example.time.map((ms) => new Date(ms).toISOString()),
      ...Object.fromEntries(columns.map((name, i) => [name, example.columns.map((row) => row[i] ?? 0)])),
    },
  });
}
