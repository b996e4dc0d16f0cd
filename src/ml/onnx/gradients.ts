import type { Graph, GraphNode, Value } from './graph.js';

/** What one operator does with the gradients of its outputs. */
type Rule = (node: GraphNode, gradients: readonly Value[], tape: Tape) => void;

/** A weight's uses: one per time step, differentiated all at once at the end. */
interface WeightUses {
  inputs: Value[];
  gradients: Value[];
}

/** Gradients on their way from the loss to the weights. */
class Tape {
  private readonly sums = new Map<Value, Value>();
  readonly weights = new Map<Value, WeightUses>();
  readonly biases = new Map<Value, Value[]>();

  constructor(
    readonly graph: Graph,
    /** The values that depend on a weight: nothing else needs a gradient. */
    readonly needed: ReadonlySet<Value>,
  ) {}

  add(value: Value, gradient: Value): void {
    if (!this.needed.has(value)) return;
    const sum = this.sums.get(value);
    this.sums.set(value, sum === undefined ? gradient : this.graph.op('Add', [sum, gradient]));
  }

  subtract(value: Value, gradient: Value): void {
    if (!this.needed.has(value)) return;
    const sum = this.sums.get(value);
    this.sums.set(
      value,
      sum === undefined ? this.graph.op('Neg', [gradient]) : this.graph.op('Sub', [sum, gradient]),
    );
  }

  /** `gradient · weight` added to what `value` has: the sum travels as the Gemm's C, which saves an Add. */
  addProduct(value: Value, gradient: Value, weight: Value): void {
    if (!this.needed.has(value)) return;
    const sum = this.sums.get(value);
    const inputs = sum === undefined ? [gradient, weight] : [gradient, weight, sum];
    this.sums.set(value, this.graph.op('Gemm', inputs));
  }

  get(value: Value): Value | undefined {
    return this.sums.get(value);
  }
}

/**
 * Reverse-mode differentiation: appends to `graph` the nodes that compute gradients of what it holds now.
 *
 * @param seeds gradients of the loss with respect to some values (usually the prediction)
 * @param weights what to differentiate by: the B and C of `Gemm(A, B, C, transB=1)`
 * @returns the gradient of each weight, in its shape
 */
export function appendGradients(
  graph: Graph,
  seeds: ReadonlyMap<Value, Value>,
  weights: readonly Value[],
): Map<Value, Value> {
  const forward = [...graph.nodes];
  const tape = new Tape(graph, dependents(forward, weights));
  for (const [value, gradient] of seeds) tape.add(value, gradient);
  for (const node of forward.toReversed()) {
    if (!node.outputs.some((output) => tape.get(output))) continue;
    const rule = rules[node.op];
    if (!rule) throw new Error(`no gradient rule for ${node.op}`);
    rule(
      node,
      node.outputs.map((output) => tape.get(output) ?? zerosLike(graph, output)),
      tape,
    );
  }
  return new Map(weights.map((weight) => [weight, weightGradient(tape, weight)]));
}

const rules: Partial<Record<string, Rule>> = {
  // Y = A·Bᵀ + C
  Gemm({ inputs: [a, b, c], attributes }, [dY], tape) {
    if (!attributes.transB || attributes.transA) throw new Error('Gemm: only transB=1 has a gradient rule');
    tape.addProduct(a!, dY!, b!);
    const uses = tape.weights.get(b!) ?? { inputs: [], gradients: [] };
    uses.inputs.push(a!);
    uses.gradients.push(dY!);
    tape.weights.set(b!, uses);
    if (c !== undefined) pushTo(tape.biases, c, dY!);
  },
  // A bias repeated over the rows of a batch.
  Expand: ({ inputs: [bias] }, [dY], tape) => pushTo(tape.biases, bias!, dY!),
  Add({ inputs: [a, b] }, [dY], tape) {
    tape.add(a!, dY!);
    tape.add(b!, dY!);
  },
  Sub({ inputs: [a, b] }, [dY], tape) {
    tape.add(a!, dY!);
    tape.subtract(b!, dY!);
  },
  Mul({ inputs: [a, b] }, [dY], tape) {
    for (const [factor, other] of [
      [a!, b!],
      [b!, a!],
    ] as const) {
      if (tape.needed.has(factor)) tape.add(factor, tape.graph.op('Mul', [dY!, other]));
    }
  },
  // y' = y·(1 - y) = y - y²
  Sigmoid({ inputs: [x], outputs: [y] }, [dY], tape) {
    const slope = tape.graph.op('Sub', [y!, tape.graph.op('Mul', [y!, y!])]);
    tape.add(x!, tape.graph.op('Mul', [dY!, slope]));
  },
  // y' = 1 - y²
  Tanh({ inputs: [x], outputs: [y] }, [dY], tape) {
    const slope = tape.graph.op('Sub', [tape.graph.scalar(1), tape.graph.op('Mul', [y!, y!])]);
    tape.add(x!, tape.graph.op('Mul', [dY!, slope]));
  },
  Split({ inputs: [x], attributes }, gradients, tape) {
    tape.add(x!, tape.graph.op('Concat', gradients, { axis: Number(attributes.axis) }));
  },
  // Only equal parts are ever joined: the hidden states of the time steps.
  Concat({ inputs, attributes }, [dY], tape) {
    const parts = tape.graph.split(dY!, inputs.length, Number(attributes.axis));
    inputs.forEach((input, i) => tape.add(input, parts[i]!));
  },
};

function weightGradient(tape: Tape, weight: Value): Value {
  const { graph, weights, biases } = tape;
  if (tape.get(weight)) throw new Error(`${weight} is used as something else than the B or C of a Gemm`);
  const uses = weights.get(weight);
  if (uses) {
    const gradients = concatRows(graph, uses.gradients);
    return graph.op('Gemm', [gradients, concatRows(graph, uses.inputs)], { transA: 1 });
  }
  const biasGradients = biases.get(weight);
  if (biasGradients)
    return graph.op('ReduceSum', [concatRows(graph, biasGradients), graph.ints([0])], { keepdims: 0 });
  return zerosLike(graph, weight);
}

/**
 * For what the loss does not depend on: the forget gate before there is a cell state, and the recurrent weights when
 * a window is one row.
 */
function zerosLike(graph: Graph, value: Value): Value {
  return graph.op('ConstantOfShape', [graph.op('Shape', [value])]);
}

function concatRows(graph: Graph, values: readonly Value[]): Value {
  return values.length === 1 ? values[0]! : graph.op('Concat', values, { axis: 0 });
}

function dependents(nodes: readonly GraphNode[], weights: readonly Value[]): ReadonlySet<Value> {
  const found = new Set(weights);
  for (const node of nodes) {
    if (node.inputs.some((input) => found.has(input))) node.outputs.forEach((output) => found.add(output));
  }
  return found;
}

function pushTo(lists: Map<Value, Value[]>, key: Value, value: Value): void {
  const list = lists.get(key) ?? [];
  list.push(value);
  lists.set(key, list);
}
