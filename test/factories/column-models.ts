import type { Datatype } from '../../src/contracts/tensor.js';
import { Graph } from '../../src/ml/onnx/graph.js';
import { onnxModel } from './onnx-model.js';

/** A model that answers each column as it came, under the column's name with `_out` behind it. */
export function echoModel(
  columns: Record<string, Datatype>,
  shape: readonly (number | string)[] = ['batch', 1],
): Uint8Array {
  const entries = Object.entries(columns);
  const declared = (suffix: string) =>
    Object.fromEntries(entries.map(([name, datatype]) => [name + suffix, [datatype, shape] as const]));
  return onnxModel({
    inputs: declared(''),
    outputs: declared('_out'),
    nodes: entries.map(([name]) => ['Identity', [name], [`${name}_out`]]),
  });
}

export const houseKinds = ['flat', 'house', 'villa'];

/**
 * A model of two columns, as those that people import: `price` is 2·area + 10·rooms, and `kind` the probabilities
 * of three kinds, of which a house without rooms has equal ones.
 */
export function houseModel(): Uint8Array {
  const graph = new Graph('houses');
  const area = graph.input('area', 'float', ['batch', 1]);
  const rooms = graph.cast(graph.input('rooms', 'int64', ['batch', 1]), 'float');
  const price = graph.op('Add', [
    graph.op('Mul', [area, graph.scalar(2)]),
    graph.op('Mul', [rooms, graph.scalar(10)]),
  ]);
  graph.output('price', price, 'float', ['batch', 1]);
  const logits = graph.op('Mul', [rooms, graph.floats(Float32Array.of(0, 1, 2), [1, 3])]);
  graph.output('kind', graph.op('Softmax', [logits], { axis: 1 }), 'float', ['batch', 3]);
  return graph.toModel();
}
