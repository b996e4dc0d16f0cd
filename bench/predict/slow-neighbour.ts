import { Tensor } from 'onnxruntime-node';
import { createSession } from '../../src/platform/onnx/session.js';
import { load, type LoadRequest, type LoadResult } from './load.js';
import { slowModel } from './slow-model.js';

const wantedMs = 300;
/** Enough for its queue never to be empty. */
const callers = 8;
const name = 'slow';

interface Neighbourhood {
  slow_call_ms: number;
  alone: LoadResult;
  beside: LoadResult;
  health: LoadResult;
  ratios: {
    p99_beside_to_alone: { ratio: number; bar: number };
    health_p99_ms: { value: number; bar: number };
  };
}

/**
 * What a model that takes 300 ms a call does to another model and to `/health/live`, while it is never idle.
 *
 * @param other a request to the other model, which is sent at a rate that a quarter of its capacity would do
 */
export async function besideSlowModel(
  gateway: { url: string; port: number },
  other: LoadRequest,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Neighbourhood> {
  const model = slowModel();
  const { rounds, ms } = await calibrate(model);
  const form = new FormData();
  form.set('name', name);
  form.set('max_batch', '1');
  form.set('file', new Blob([Buffer.from(model)]), 'slow.onnx');
  const { status } = await fetch(`${gateway.url}/models/import`, { method: 'POST', body: form });
  if (status !== 201) throw new Error(`the slow model could not be imported: ${status}`);
  const slow: LoadRequest = {
    port: gateway.port,
    path: `/v2/models/${name}/versions/1/infer`,
    body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT64', shape: [1, 1], data: [rounds] }] }),
  };
  const live: LoadRequest = { port: gateway.port, path: '/health/live' };
  const settings = { connections: 16, rate, seconds };
  const alone = await load(other, settings);
  // Longer than what is measured beside it.
  const busy = load(slow, { connections: callers, seconds: seconds + 2 });
  const [beside, health] = await Promise.all([
    load(other, settings),
    load(live, { connections: 1, rate: 50, seconds }),
  ]);
  await busy;
  const ratio = Number((beside.p99_ms / alone.p99_ms).toFixed(2));
  return {
    slow_call_ms: Math.round(ms),
    alone,
    beside,
    health,
    ratios: {
      p99_beside_to_alone: { ratio, bar: 2 },
      health_p99_ms: { value: health.p99_ms, bar: 20 },
    },
  };
}

/** How many rounds take so long on this machine. */
async function calibrate(model: Uint8Array): Promise<{ rounds: number; ms: number }> {
  const session = await createSession(model);
  try {
    for (let rounds = 1; ; rounds *= 2) {
      const began = performance.now();
      await session.run({ x: new Tensor('int64', BigInt64Array.of(BigInt(rounds)), [1, 1]) });
      const ms = performance.now() - began;
      if (ms > wantedMs / 4)
        return { rounds: Math.max(1, Math.round((rounds * wantedMs) / ms)), ms: wantedMs };
    }
  } finally {
    await session.release();
  }
}
