import onnxProto, { type onnx } from 'onnx-proto';

/** The name of a tensor in a graph. */
export type Value = string;

/** Element types that our graphs use, as ONNX's TensorProto.DataType. */
const elementTypes = { float: 1, int64: 7, bool: 9, double: 11 } as const;
export type ElementType = keyof typeof elementTypes;

/** An attribute that ONNX stores as a float; plain numbers are stored as ints. */
export interface FloatAttribute {
  float: number;
}
export type Attributes = Record<string, number | readonly number[] | string | FloatAttribute>;

export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

/** A dimension: fixed, or named and free. */
export type Dimension = number | string;

const opset = 18;
/** IR 8 is the oldest that opset 18 allows, so that older runtimes read our models too. */
const irVersion = 8;

/**
 * Writes an ONNX graph node by node. Names are made as needed; nodes stand in topological order because a
 * value exists only after the call that made it.
 */
export class Graph {
  readonly nodes: GraphNode[] = [];
  private readonly inputs: onnx.IValueInfoProto[] = [];
  private readonly outputs: onnx.IValueInfoProto[] = [];
  private readonly initializers: onnx.ITensorProto[] = [];
  private readonly constants = new Set<Value>();
  private readonly outputNames = new Map<Value, Value>();
  private readonly scalars = new Map<string, Value>();
  private counter = 0;

  constructor(private readonly name: string) {}

  input(name: Value, type: ElementType, shape: readonly Dimension[]): Value {
    this.inputs.push(valueInfo(name, type, shape));
    return name;
  }

  /** Makes what a node computed an output of the graph; it is called `name` there, which saves a copy. */
  output(name: Value, value: Value, type: ElementType, shape: readonly Dimension[]): void {
    if (this.outputNames.has(value) || !this.nodes.some(({ outputs }) => outputs.includes(value)))
      throw new Error(`${value} is no node's output, or one of the graph's already`);
    this.outputNames.set(value, name);
    this.outputs.push(valueInfo(name, type, shape));
  }

  /** One node with one output. */
  op(op: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const output = this.fresh(op);
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  /** Equal parts of a tensor along an axis. */
  split(value: Value, parts: number, axis: number): Value[] {
    const outputs = Array.from({ length: parts }, () => this.fresh('Split'));
    this.nodes.push({ op: 'Split', inputs: [value], outputs, attributes: { axis, num_outputs: parts } });
    return outputs;
  }

  /** Parts of given sizes along an axis. */
  splitSizes(value: Value, sizes: readonly number[], axis: number): Value[] {
    const outputs = sizes.map(() => this.fresh('Split'));
    const lengths = this.ints(sizes);
    this.nodes.push({ op: 'Split', inputs: [value, lengths], outputs, attributes: { axis } });
    return outputs;
  }

  cast(value: Value, to: ElementType): Value {
    return this.op('Cast', [value], { to: elementTypes[to] });
  }

  /** A float32 constant. */
  floats(values: Float32Array, dims: readonly number[]): Value {
    return this.constant('float', bytesOf(values), dims);
  }

  /** A float64 constant. */
  doubles(values: Float64Array, dims: readonly number[]): Value {
    return this.constant('double', bytesOf(values), dims);
  }

  /** An int64 vector, as shapes and axes are given. */
  ints(values: readonly number[]): Value {
    return this.constant('int64', bytesOf(BigInt64Array.from(values, BigInt)), [values.length]);
  }

  /** A scalar constant; the same one is written once. */
  scalar(value: number, type: ElementType = 'float'): Value {
    const key = `${type}:${value}`;
    let name = this.scalars.get(key);
    if (name === undefined) {
      const bytes = {
        float: () => bytesOf(Float32Array.of(value)),
        double: () => bytesOf(Float64Array.of(value)),
        int64: () => bytesOf(BigInt64Array.of(BigInt(value))),
        bool: () => Uint8Array.of(value),
      }[type]();
      name = this.constant(type, bytes, []);
      this.scalars.set(key, name);
    }
    return name;
  }

  /** The serialised ModelProto. `metadata` becomes the model's metadata_props. */
  toModel(metadata: Record<string, string> = {}): Uint8Array {
    const model = onnxProto.onnx.ModelProto.create({
      irVersion,
      producerName: 'trainyard',
      opsetImport: [{ domain: '', version: opset }],
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: {
        name: this.name,
        node: this.nodes.map((node) => this.nodeProto(node)),
        input: this.inputs,
        output: this.outputs,
        initializer: this.initializers,
      },
    });
    return onnxProto.onnx.ModelProto.encode(model).finish();
  }

  isConstant(value: Value): boolean {
    return this.constants.has(value);
  }

  private constant(type: ElementType, rawData: Uint8Array, dims: readonly number[]): Value {
    const name = this.fresh('constant');
    this.constants.add(name);
    this.initializers.push({ name, dataType: elementTypes[type], dims: [...dims], rawData });
    return name;
  }

  private nodeProto({ op, inputs, outputs, attributes }: GraphNode): onnx.INodeProto {
    const named = (value: Value) => this.outputNames.get(value) ?? value;
    return {
      opType: op,
      input: inputs.map(named),
      output: outputs.map(named),
      attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
    };
  }

  private fresh(prefix: string): Value {
    this.counter += 1;
    return `${prefix}_${this.counter}`;
  }
}

/** The bytes of a typed array; ONNX's raw_data is little-endian, as is every platform Node runs on here. */
function bytesOf(values: Float32Array | Float64Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}

function attributeProto(name: string, value: Attributes[string]): onnx.IAttributeProto {
  const types = onnxProto.onnx.AttributeProto.AttributeType;
  if (typeof value === 'number') return { name, type: types.INT, i: value };
  if (typeof value === 'string') return { name, type: types.STRING, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: types.FLOAT, f: value.float };
  return { name, type: types.INTS, ints: [...value] };
}
