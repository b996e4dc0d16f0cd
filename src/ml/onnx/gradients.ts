import type { Graph, GraphNode, Value } from './graph.js';

/** What one operator does with the gradients of its outputs. */
type Rule = (node: GraphNode, gradients: readonly Value[], tape: Tape) => void;

/** A weight's uses: one per time step, differentiated all at once when the walk comes to where the weight is from. */
interface WeightUses {
  inputs: Value[];
  gradients: Value[];
}

/** Gradients on their way from the loss to the weights. */
class Tape {
  private readonly sums = new Map<Value, Value>();
  private readonly weights = new Map<Value, WeightUses>();
  private readonly biases = new Map<Value, Value[]>();
  private readonly transposes = new Map<Value, Value>();

  constructor(
    readonly graph: Graph,
    /** The values that depend on a weight: nothing else needs a gradient. */
    readonly needed: ReadonlySet<Value>,
    /** The values that depend on nothing but weights: blocks of them, sums of biases. */
    readonly parametric: ReadonlySet<Value>,
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

  /** `weightᵀ · gradient` added to what `value` has: the sum travels as the Gemm's C, which saves an Add. */
  addProduct(value: Value, weight: Value, gradient: Value): void {
    if (!this.needed.has(value)) return;
    const sum = this.sums.get(value);
    const product = [this.transposed(weight), gradient];
    this.sums.set(value, this.graph.op('Gemm', sum === undefined ? product : [...product, sum]));
  }

  /** `weight` was the A of a Gemm. */
  addUse(weight: Value, input: Value, gradient: Value): void {
    const uses = this.weights.get(weight) ?? { inputs: [], gradients: [] };
    uses.inputs.push(input);
    uses.gradients.push(gradient);
    this.weights.set(weight, uses);
  }

  /** `bias` was added to every column of something. */
  addBias(bias: Value, gradient: Value): void {
    this.biases.set(bias, [...(this.biases.get(bias) ?? []), gradient]);
  }

  /** The gradient of a value all of whose uses the walk has passed. */
  get(value: Value): Value | undefined {
    const uses = this.weights.get(value);
    if (uses) {
      this.weights.delete(value);
      const gradients = concatColumns(this.graph, uses.gradients);
      const inputs = concatColumns(this.graph, uses.inputs);
      this.add(value, this.graph.op('Gemm', [gradients, inputs], { transB: 1 }));
    }
    const biased = this.biases.get(value);
    if (biased) {
      this.biases.delete(value);
      const columns = concatColumns(this.graph, biased);
      this.add(value, this.graph.op('ReduceSum', [columns, this.graph.ints([1])]));
    }
    return this.sums.get(value);
  }

  /** Written out once for all time steps: as the Gemm's transA it would be done at every one of them. */
  private transposed(weight: Value): Value {
    const known = this.transposes.get(weight);
    if (known !== undefined) return known;
    const transpose = this.graph.op('Transpose', [weight], { perm: [1, 0] });
    this.transposes.set(weight, transpose);
    return transpose;
  }
}

/**
 * Reverse-mode differentiation: appends to `graph` the nodes that compute gradients of what it holds now.
 *
 * @param seeds gradients of the loss with respect to some values (usually the prediction)
 * @param weights what to differentiate by: the A and C of `Gemm(A, B, C)`, or what those are made of
 * @returns the gradient of each weight, in its shape
 */
export function appendGradients(
  graph: Graph,
  seeds: ReadonlyMap<Value, Value>,
  weights: readonly Value[],
): Map<Value, Value> {
  const forward = [...graph.nodes];
  const tape = new Tape(graph, dependents(forward, weights), parametricValues(graph, forward, weights));
  for (const [value, gradient] of seeds) tape.add(value, gradient);
  for (const node of forward.toReversed()) {
    if (!node.inputs.some((input) => tape.needed.has(input))) continue;
    if (!node.outputs.some((output) => tape.get(output))) continue;
    const rule = rules[node.op];
    if (!rule) throw new Error(`no gradient rule for ${node.op}`);
    rule(
      node,
      node.outputs.map((output) => tape.get(output) ?? zerosLike(graph, output)),
      tape,
    );
  }
  return new Map(weights.map((weight) => [weight, tape.get(weight) ?? zerosLike(graph, weight)]));
}

const rules: Partial<Record<string, Rule>> = {
  // Y = A·B + C
  Gemm({ inputs: [a, b, c], attributes }, [dY], tape) {
    if (attributes.transA || attributes.transB)
      throw new Error('Gemm: transA and transB have no gradient rule');
    if (!tape.parametric.has(a!)) throw new Error(`Gemm: ${a} is made of more than weights`);
    tape.addProduct(b!, a!, dY!);
    tape.addUse(a!, b!, dY!);
    if (c === undefined) return;
    if (tape.parametric.has(c)) tape.addBias(c, dY!);
    else tape.add(c, dY!);
  },
  // A bias repeated over the columns of a batch.
  Expand: ({ inputs: [bias] }, [dY], tape) => tape.addBias(bias!, dY!),
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

/**
 * For what the loss does not depend on: the forget gate before there is a cell state, and the recurrent weights when
 * a window is one row.
 */
function zerosLike(graph: Graph, value: Value): Value {
  return graph.op('ConstantOfShape', [graph.op('Shape', [value])]);
}

function concatColumns(graph: Graph, values: readonly Value[]): Value {
  return values.length === 1 ? values[0]! : graph.op('Concat', values, { axis: 1 });
}

/** What is computed from weights and constants alone. */
function parametricValues(
  graph: Graph,
  nodes: readonly GraphNode[],
  weights: readonly Value[],
): ReadonlySet<Value> {
  const found = new Set(weights);
  for (const node of nodes) {
    if (!node.inputs.some((input) => found.has(input))) continue;
    if (node.inputs.every((input) => found.has(input) || graph.isConstant(input)))
      node.outputs.forEach((output) => found.add(output));
  }
  return found;
}

function dependents(nodes: readonly GraphNode[], weights: readonly Value[]): ReadonlySet<Value> {
  const found = new Set(weights);
  for (const node of nodes) {
    if (node.inputs.some((input) => found.has(input))) node.outputs.forEach((output) => found.add(output));
  }
  return found;
}
