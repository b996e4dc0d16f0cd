import { type ElementType, Graph, type Dimension } from '../../src/ml/onnx/graph.js';

export interface EchoColumn {
  name: string;
  type: ElementType;
  /** A column of one value a row by default. */
  shape?: readonly Dimension[];
}

/** A real model that answers each column as it came, under the column's name with `_out` behind it. */
export function echoModel(columns: readonly EchoColumn[]): Uint8Array {
  const graph = new Graph('echo');
  for (const { name, type, shape = ['batch', 1] } of columns) {
    const value = graph.op('Identity', [graph.input(name, type, shape)]);
    graph.output(`${name}_out`, value, type, shape);
  }
  return graph.toModel();
}

export const houseKinds = ['flat', 'house', 'villa'];

/**
 * A real model of two columns, as those that people import: `price` is 2·area + 10·rooms, and `kind` the probabilities
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
