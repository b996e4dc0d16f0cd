import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestDifference } from '../../../test/factories/largest-difference.js';
import { runOnnx } from '../../../test/factories/run-onnx.js';
import { Graph } from '../onnx/graph.js';
import { timeFeatures } from '../time-features.js';
import { appendTimeFeatures } from './time-nodes.js';

/** `[rows, 6]` flat. */
async function fromGraph(time: readonly number[]): Promise<number[]> {
  const graph = new Graph('clocks');
  const features = appendTimeFeatures(graph, graph.input('time', 'int64', ['batch', 'rows']));
  graph.output('features', features, 'double', ['batch', 'rows', 6]);
  const values = BigInt64Array.from(time, BigInt);
  const outputs = await runOnnx(graph.toModel(), { time: { values, dims: [1, time.length] } });
  return outputs.features ?? [];
}

function fromFrame(time: readonly number[]): number[] {
  const columns = timeFeatures(Float64Array.from(time));
  return time.flatMap((_, row) => columns.map(({ values }) => values[row]!));
}

const [first, last] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];

describe('time features in a graph', () => {
  it('equal those of the frame at any instant from the year 0 to 9999', async () => {
    const instants = fc.array(fc.integer({ min: first, max: last }), { minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(instants, async (time) => {
        expect(largestDifference(await fromGraph(time), fromFrame(time))).toBeLessThan(1e-14);
      }),
    );
  });

  it('equal them in the first and last millisecond of every day around the turns of years and Februaries', async () => {
    const days = Array.from({ length: 10_000 }, (_, year) =>
      ['01-01', '02-28', '03-01', '12-31'].map((day) =>
        Date.parse(`${String(year).padStart(4, '0')}-${day}T00:00:00Z`),
      ),
    ).flat();
    const time = days.flatMap((day) => [day, day + 86_399_999, day + 86_400_000]);
    expect(largestDifference(await fromGraph(time), fromFrame(time))).toBeLessThan(1e-14);
  });
});
