import onnxProto, { type onnx } from 'onnx-proto';

const { ModelProto, AttributeProto, TensorProto } = onnxProto.onnx;
const types = AttributeProto.AttributeType;
const ml = 'ai.onnx.ml';
/** Where the values of a tensor are. */
export const location = TensorProto.DataLocation;
/** TensorProto.DataType */
export const elementType = { float: 1, int64: 7, string: 8 } as const;

type AttributeValue =
  string | { floats: number[] } | { ints: number[] } | { strings: string[] } | { int: number };

/** The labels of a classifier: texts, or whole numbers. */
type Labels = { strings: string[] } | { ints: number[] };

interface ChurnModel {
  labels?: Labels;
  /** Ends in a list of maps, as skl2onnx does it, or in the table. */
  zipMap?: boolean;
  /** Uses operators of `ai.onnx.ml` only. */
  mlOnly?: boolean;
}

/** Serialises a model as other programs write it. */
export function encodeModel(model: onnx.IModelProto): Uint8Array {
  return ModelProto.encode(
    ModelProto.create({
      irVersion: 8,
      producerName: 'elsewhere',
      producerVersion: '1.2',
      opsetImport: [
        { domain: '', version: 18 },
        { domain: ml, version: 1 },
      ],
      ...model,
    }),
  ).finish();
}

/** `y = x` for any number of rows of two, with more in its graph. */
export function identityModel(more: onnx.IGraphProto = {}, model: onnx.IModelProto = {}): Uint8Array {
  return encodeModel({
    graph: {
      name: 'identity',
      node: [node('Identity', ['x'], ['y']), ...(more.node ?? [])],
      input: [tensor('x', elementType.float, ['rows', 2])],
      output: [tensor('y', elementType.float, ['rows', 2]), ...(more.output ?? [])],
      initializer: more.initializer,
      sparseInitializer: more.sparseInitializer,
    },
    ...model,
  });
}

/**
 * A classifier as skl2onnx writes one: an input for each column, of numbers and of texts. Customers who pay more and
 * are on the plan "monthly" are of the second class.
 */
export function churnModel({
  labels = { strings: ['No', 'Yes'] },
  zipMap = true,
  mlOnly = false,
}: ChurnModel = {}) {
  const isText = 'strings' in labels;
  const [labelsName, zipName] = isText
    ? ['classlabels_strings', 'classlabels_strings']
    : ['classlabels_ints', 'classlabels_int64s'];
  const count = isText ? labels.strings.length : labels.ints.length;
  const score = (sign: number) => [0.9 * sign, -1.1 * sign, 0.7 * sign];
  const zip = node('ZipMap', ['scores'], ['probability'], { [zipName]: labels }, ml);
  return encodeModel({
    ...(mlOnly && { opsetImport: [{ domain: ml, version: 1 }] }),
    graph: {
      name: 'churn',
      node: [
        node('Scaler', ['charges'], ['scaled'], { offset: { floats: [60] }, scale: { floats: [0.05] } }, ml),
        node(
          'OneHotEncoder',
          ['plan'],
          ['hot'],
          { cats_strings: { strings: ['monthly', 'yearly'] }, zeros: { int: 1 } },
          ml,
        ),
        ...(mlOnly
          ? [node('FeatureVectorizer', ['scaled'], ['features'], { inputdimensions: { ints: [1] } }, ml)]
          : [
              node('Reshape', ['hot', 'flat'], ['columns']),
              node('Concat', ['scaled', 'columns'], ['features'], { axis: { int: 1 } }),
            ]),
        node(
          'LinearClassifier',
          ['features'],
          ['label', 'raw'],
          {
            [labelsName]: labels,
            coefficients: {
              floats: Array.from({ length: count }, (_, row) =>
                score(row % 2 === 0 ? -1 : 1).slice(0, mlOnly ? 1 : 3),
              ).flat(),
            },
            intercepts: { floats: Array.from({ length: count }, (_, row) => 0.1 * row) },
            post_transform: 'SOFTMAX',
          },
          ml,
        ),
        node('Normalizer', ['raw'], [zipMap ? 'scores' : 'probability'], { norm: 'L1' }, ml),
        ...(zipMap ? [zip] : []),
      ].filter(({ opType }) => !mlOnly || opType !== 'OneHotEncoder'),
      initializer: mlOnly
        ? []
        : [{ name: 'flat', dataType: elementType.int64, dims: [2], int64Data: [-1, 2] }],
      input: [
        tensor('charges', elementType.float, [null, 1]),
        ...(mlOnly ? [] : [tensor('plan', elementType.string, [null, 1])]),
      ],
      output: [
        tensor('label', isText ? elementType.string : elementType.int64, [null]),
        zipMap
          ? maps('probability', isText ? elementType.string : elementType.int64)
          : tensor('probability', elementType.float, [null, count]),
      ],
    },
  });
}

/** A node with its attributes. */
export function node(
  opType: string,
  input: string[],
  output: string[],
  attributes: Record<string, AttributeValue> = {},
  domain = '',
): onnx.INodeProto {
  return { opType, input, output, domain, attribute: Object.entries(attributes).map(attribute) };
}

/** A named tensor, of any shape when none is given; null is a dimension without a name. */
export function tensor(
  name: string,
  elemType: number,
  shape: readonly (number | string | null)[] | null,
): onnx.IValueInfoProto {
  const dim = shape?.map((size) => {
    if (size === null) return {};
    return typeof size === 'number' ? { dimValue: size } : { dimParam: size };
  });
  return { name, type: { tensorType: { elemType, ...(dim && { shape: { dim } }) } } };
}

/** A list of tables of numbers. */
export function list(name: string): onnx.IValueInfoProto {
  return { name, type: { sequenceType: { elemType: { tensorType: { elemType: elementType.float } } } } };
}

/** A list of maps to numbers. */
function maps(name: string, keyType: number): onnx.IValueInfoProto {
  const valueType = { tensorType: { elemType: elementType.float } };
  return { name, type: { sequenceType: { elemType: { mapType: { keyType, valueType } } } } };
}

const utf8 = new TextEncoder();

function attribute([name, value]: [string, AttributeValue]): onnx.IAttributeProto {
  if (typeof value === 'string') return { name, type: types.STRING, s: utf8.encode(value) };
  if ('floats' in value) return { name, type: types.FLOATS, floats: value.floats };
  if ('ints' in value) return { name, type: types.INTS, ints: value.ints };
  if ('int' in value) return { name, type: types.INT, i: value.int };
  return { name, type: types.STRINGS, strings: value.strings.map((text) => utf8.encode(text)) };
}
