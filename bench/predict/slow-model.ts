import { Graph } from '../../src/ml/onnx/graph.js';

/** `y = x`, after twenty times as many multiplications of 256 x 256 matrices as `x` says. */
export function slowModel(): Uint8Array {
  const graph = new Graph('slow');
  const x = graph.input('x', 'int64', ['rows', 1]);
  const rounds = graph.op('ReduceMax', [graph.op('Reshape', [x, graph.ints([-1])]), graph.ints([0])], {
    keepdims: 1,
  });
  const square = graph.op('Concat', [graph.ints([256]), graph.ints([256])], { axis: 0 });
  const matrix = graph.op('ConstantOfShape', [square]);
  const many = graph.op('Expand', [matrix, graph.op('Concat', [rounds, square], { axis: 0 })]);
  let product = many;
  // One after another: time, and not the memory that more rounds would take.
  for (let i = 0; i < 20; i++) product = graph.op('MatMul', [product, matrix]);
  const sum = graph.cast(graph.op('ReduceSum', [product], { keepdims: 0 }), 'int64');
  graph.output('y', graph.op('Add', [x, sum]), 'int64', ['rows', 1]);
  return graph.toModel();
}
