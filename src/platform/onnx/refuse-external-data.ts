import { AppError } from '../../contracts/app-error.js';
import { onnxFields as fields } from './onnx-fields.js';
import { WireReader } from './wire-reader.js';

type Message = 'model' | 'graph' | 'node' | 'attribute' | 'tensor' | 'sparse' | 'training' | 'function';

/** Where tensors may stand: which fields of a message hold messages that hold some, or are some. */
const inside: Record<Message, ReadonlyMap<number, Message>> = {
  model: new Map([
    [fields.model.graph, 'graph'],
    [fields.model.trainingInfo, 'training'],
    [fields.model.functions, 'function'],
  ]),
  graph: new Map([
    [fields.graph.node, 'node'],
    [fields.graph.initializer, 'tensor'],
    [fields.graph.sparseInitializer, 'sparse'],
  ]),
  node: new Map([[fields.node.attribute, 'attribute']]),
  attribute: new Map([
    [fields.attribute.t, 'tensor'],
    [fields.attribute.g, 'graph'],
    [fields.attribute.tensors, 'tensor'],
    [fields.attribute.graphs, 'graph'],
    [fields.attribute.sparseTensor, 'sparse'],
    [fields.attribute.sparseTensors, 'sparse'],
  ]),
  sparse: new Map([
    [fields.sparseTensor.values, 'tensor'],
    [fields.sparseTensor.indices, 'tensor'],
  ]),
  training: new Map([
    [fields.trainingInfo.initialization, 'graph'],
    [fields.trainingInfo.algorithm, 'graph'],
  ]),
  function: new Map([
    [fields.function.node, 'node'],
    [fields.function.attributeProto, 'attribute'],
  ]),
  tensor: new Map(),
};

/** As deep as protobuf's own readers go. */
const deepest = 100;
/** TensorProto.DataLocation */
const external = 1n;

/**
 * Refuses a model with a tensor whose values lie in another file, wherever the tensor stands: ONNX Runtime would read
 * whatever file the model names.
 *
 * @throws AppError `unprocessable`, also when the bytes are no protobuf
 */
export function refuseExternalData(model: Uint8Array): void {
  walk(new WireReader(model), 'model', 1);
}

function walk(reader: WireReader, message: Message, depth: number): void {
  if (depth > deepest) {
    throw new AppError('unprocessable', `the model is nested more than ${deepest} messages deep`);
  }
  if (message === 'tensor') return requireInside(reader);
  const parts = inside[message];
  while (reader.next()) {
    const part = parts.get(reader.number);
    if (part && reader.isBytes(reader.number)) walk(reader.message(), part, depth + 1);
  }
}

function requireInside(tensor: WireReader): void {
  const { name, externalData, dataLocation } = fields.tensor;
  let called = '';
  let isExternal = false;
  while (tensor.next()) {
    if (tensor.isBytes(name)) called = tensor.text();
    if (tensor.isBytes(externalData)) isExternal = true;
    if (tensor.isVarint(dataLocation) && tensor.int64() === external) isExternal = true;
  }
  if (!isExternal) return;
  const message = `tensor "${called}" has its values in another file: save the model with all of them inside`;
  throw new AppError('unprocessable', message);
}
