import { classLabels, type ClassLabel } from './class-labels.js';
import {
  isStandard,
  mlDomain,
  type ModelOutline,
  type NodeOutline,
  readName,
  readNode,
} from './model-outline.js';
import { onnxFields as fields } from './onnx-fields.js';
import { WireReader } from './wire-reader.js';
import { bytesField, varintField } from './wire-writer.js';

/** A table of scores in place of a list of maps. */
interface Unzipped {
  /** Of the ZipMap, and of the output in its place. */
  output: string;
  scores: string;
  labels: ClassLabel[];
}

/** Old enough for every runtime; taken when a model has operators of other domains only. */
const identityOpset = 13;
/** TensorProto.DataType */
const float = 1;

/**
 * skl2onnx ends a classifier in ZipMap, which gives a list with a map from label to probability for each row. Such a
 * list cannot be read from Node: the table that it is made of takes its place, under its name.
 *
 * @returns the same bytes when there is nothing to replace, and the labels of the columns by output
 */
export function unzipOutputs(
  model: Uint8Array,
  outline: ModelOutline,
): { model: Uint8Array; classes: Record<string, ClassLabel[]> } {
  const unzipped = new Map(findZipMaps(outline).map((found) => [found.output, found]));
  if (unzipped.size === 0) return { model, classes: {} };
  const pieces: Uint8Array[] = [];
  const reader = new WireReader(model);
  while (reader.next()) {
    const isGraph = reader.isBytes(fields.model.graph);
    pieces.push(
      isGraph ? bytesField(fields.model.graph, rewriteGraph(reader.message(), unzipped)) : reader.raw(),
    );
  }
  if (outline.opset['ai.onnx'] === undefined) {
    pieces.push(bytesField(fields.model.opsetImport, varintField(fields.opset.version, identityOpset)));
  }
  const classes = Object.fromEntries(Array.from(unzipped, ([output, { labels }]) => [output, labels]));
  return { model: Buffer.concat(pieces), classes };
}

/** Those whose list is an output and goes nowhere else. */
function findZipMaps({ nodes, outputs }: ModelOutline): Unzipped[] {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  return nodes.filter(isZipMap).flatMap((node) => {
    const [scores] = node.inputs;
    const [output] = node.outputs;
    if (scores === undefined || output === undefined || !outputs.includes(output) || used.has(output))
      return [];
    return [{ output, scores, labels: classLabels(node) }];
  });
}

function isZipMap({ op, domain }: NodeOutline): boolean {
  return op === 'ZipMap' && (domain === mlDomain || isStandard(domain));
}

function rewriteGraph(graph: WireReader, unzipped: ReadonlyMap<string, Unzipped>): Uint8Array {
  const pieces: Uint8Array[] = [];
  while (graph.next()) pieces.push(rewriteField(graph, unzipped));
  return Buffer.concat(pieces);
}

function rewriteField(graph: WireReader, unzipped: ReadonlyMap<string, Unzipped>): Uint8Array {
  const { node, output } = fields.graph;
  if (graph.isBytes(node)) {
    const outline = readNode(graph.message());
    const found = isZipMap(outline) ? unzipped.get(outline.outputs[0] ?? '') : undefined;
    if (found) return bytesField(node, identity(found));
  } else if (graph.isBytes(output)) {
    const found = unzipped.get(readName(graph.message()));
    if (found) return bytesField(output, table(found));
  }
  return graph.raw();
}

function identity({ scores, output }: Unzipped): Uint8Array {
  const { input, output: result, opType } = fields.node;
  return Buffer.concat([
    bytesField(input, scores),
    bytesField(result, output),
    bytesField(opType, 'Identity'),
  ]);
}

/** What is known of an output: a float table with a column for each label, of any number of rows. */
function table({ output, labels }: Unzipped): Uint8Array {
  const dimension = (contents: Uint8Array) => bytesField(fields.shape.dimension, contents);
  const shape = [dimension(new Uint8Array()), dimension(varintField(fields.dimension.value, labels.length))];
  const tensor = Buffer.concat([
    varintField(fields.tensorType.elementType, float),
    bytesField(fields.tensorType.shape, Buffer.concat(shape)),
  ]);
  const type = bytesField(fields.type.tensor, tensor);
  return Buffer.concat([bytesField(fields.name, output), bytesField(fields.value.type, type)]);
}
