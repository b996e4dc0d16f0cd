import onnxProto, { type onnx } from 'onnx-proto';
import type { Datatype } from '../../src/contracts/tensor.js';

/** TensorProto.DataType by the protocol's names. */
const elementTypes: Record<Datatype, number> = {
  BOOL: 9,
  INT8: 3,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  UINT8: 2,
  UINT16: 4,
  UINT32: 12,
  UINT64: 13,
  FP16: 10,
  FP32: 1,
  FP64: 11,
  BYTES: 8,
};

/** A datatype with its dimensions, a name for each free one; no dimensions are declared when there are none here. */
export type Declared = readonly [Datatype, (readonly (number | string)[])?];

interface OnnxModel {
  inputs: Record<string, Declared>;
  outputs: Record<string, Declared>;
  /** Operator, its inputs, its outputs, and attributes that are integers. */
  nodes: readonly (readonly [string, readonly string[], readonly string[], Record<string, number>?])[];
}

/** A small ONNX model of any operators and datatypes, as somebody else would have made it. */
export function onnxModel({ inputs, outputs, nodes }: OnnxModel): Uint8Array {
  const { ModelProto, AttributeProto } = onnxProto.onnx;
  const model = ModelProto.create({
    irVersion: 8,
    producerName: 'somebody',
    opsetImport: [{ domain: '', version: 18 }],
    graph: {
      name: 'small',
      node: nodes.map(([opType, input, output, attributes = {}]) => ({
        opType,
        input: [...input],
        output: [...output],
        attribute: Object.entries(attributes).map(([name, i]) => ({
          name,
          type: AttributeProto.AttributeType.INT,
          i,
        })),
      })),
      input: Object.entries(inputs).map(valueInfo),
      output: Object.entries(outputs).map(valueInfo),
    },
  });
  return ModelProto.encode(model).finish();
}

/** Gives back what it gets. */
export function identityModel(datatype: Datatype, shape?: readonly (number | string)[]): Uint8Array {
  const declared: Declared = shape ? [datatype, shape] : [datatype];
  return onnxModel({
    inputs: { x: declared },
    outputs: { y: declared },
    nodes: [['Identity', ['x'], ['y']]],
  });
}

function valueInfo([name, [datatype, shape]]: [string, Declared]): onnx.IValueInfoProto {
  const dim = shape?.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elementTypes[datatype], ...(dim && { shape: { dim } }) } } };
}
