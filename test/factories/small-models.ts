import { type ImportedManifest, importedType } from '../../src/contracts/imported-manifest.js';
import { Graph } from '../../src/ml/onnx/graph.js';

/** `y = x + 1` for any number of pairs. */
export function nextModel(): Uint8Array {
  const graph = new Graph('next');
  const x = graph.input('x', 'double', ['rows', 2]);
  graph.output('y', graph.op('Add', [x, graph.scalar(1, 'double')]), 'double', ['rows', 2]);
  return graph.toModel();
}

/** `y` is ten times `x`, which must be from 0 to 3: of any number of rows, one can be wrong. */
export function lookupModel(): Uint8Array {
  const graph = new Graph('lookup');
  const x = graph.input('x', 'int64', ['rows', 1]);
  graph.output('y', graph.op('Gather', [graph.ints([0, 10, 20, 30]), x]), 'int64', ['rows', 1]);
  return graph.toModel();
}

/**
 * `y = x` for any number of rows, after taking memory for as many float32 numbers as the largest of them says: one row
 * can be too much for the process that runs it.
 */
export function greedyModel(): Uint8Array {
  const graph = new Graph('greedy');
  const x = graph.input('x', 'int64', ['rows', 1]);
  const size = graph.op('ReduceMax', [graph.op('Reshape', [x, graph.ints([-1])]), graph.ints([0])], {
    keepdims: 1,
  });
  const ones = graph.op('ConstantOfShape', [size]);
  // What nobody needs is not worked out.
  const sum = graph.cast(graph.op('ReduceSum', [ones], { keepdims: 0 }), 'int64');
  graph.output('y', graph.op('Add', [x, sum]), 'int64', ['rows', 1]);
  return graph.toModel();
}

/** The manifest of a model that was imported without an example. */
export function importedManifest(overrides: Partial<ImportedManifest> = {}): ImportedManifest {
  return {
    model_type: importedType,
    identifier: 'imported',
    signature: { inputs: [], outputs: [] },
    max_batch: 32,
    classes: {},
    example: null,
    opset: { '': 18 },
    producer: 'test',
    sha256: '0'.repeat(64),
    size: 1,
    ...overrides,
  };
}
