/** Numbers of the fields that we look at, from onnx.proto. They never change: files are read by them. */
export const onnxFields = {
  /** Of a graph's inputs and outputs and of attributes. */
  name: 1,
  model: { producer: 2, producerVersion: 3, graph: 7, opsetImport: 8, trainingInfo: 20, functions: 25 },
  opset: { domain: 1, version: 2 },
  graph: { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 },
  node: { input: 1, output: 2, opType: 4, attribute: 5, domain: 7 },
  attribute: {
    t: 5,
    g: 6,
    ints: 8,
    strings: 9,
    tensors: 10,
    graphs: 11,
    sparseTensor: 22,
    sparseTensors: 23,
  },
  tensor: { name: 8, externalData: 13, dataLocation: 14 },
  sparseTensor: { values: 1, indices: 2 },
  trainingInfo: { initialization: 1, algorithm: 2 },
  function: { node: 7, attributeProto: 11 },
  value: { type: 2 },
  type: { tensor: 1 },
  tensorType: { elementType: 1, shape: 2 },
  shape: { dimension: 1 },
  dimension: { value: 1, name: 2 },
} as const;
