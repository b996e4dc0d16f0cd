import { AppError } from '../../contracts/app-error.js';
import { onnxFields as fields } from './onnx-fields.js';
import { WireReader } from './wire-reader.js';

/** A node of the main graph, without what it holds. */
export interface NodeOutline {
  op: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  /** What it holds besides, its attributes among it; `again()` walks over it. */
  body: WireReader;
}

/** What a model says of itself, without its weights. */
export interface ModelOutline {
  opset: Record<string, number>;
  producer: string;
  nodes: NodeOutline[];
  /** Names of the main graph's outputs. */
  outputs: string[];
}

/**
 * Reads what a model says of itself. Its nodes are noted, its weights passed over.
 *
 * @throws AppError `unprocessable` when it holds no graph, does not name its operators, or is no protobuf
 */
export function readOutline(model: Uint8Array): ModelOutline {
  const { producer, producerVersion, graph, opsetImport } = fields.model;
  const outline: ModelOutline = { opset: {}, producer: '', nodes: [], outputs: [] };
  const words = { producer: '', version: '' };
  let graphs = 0;
  const reader = new WireReader(model);
  while (reader.next()) {
    if (reader.isBytes(producer)) words.producer = reader.text();
    else if (reader.isBytes(producerVersion)) words.version = reader.text();
    else if (reader.isBytes(opsetImport)) readOpset(reader.message(), outline.opset);
    else if (reader.isBytes(graph)) {
      graphs += 1;
      readGraph(reader.message(), outline);
    }
  }
  if (graphs === 0) throw new AppError('unprocessable', 'the file is no ONNX model: it holds no graph');
  if (Object.keys(outline.opset).length === 0) {
    const message = 'the file is no ONNX model, or is cut off: it does not say which operators it uses';
    throw new AppError('unprocessable', message);
  }
  outline.producer = [words.producer, words.version].filter((word) => word !== '').join(' ');
  return outline;
}

/** ONNX's own operators have an empty domain, which is the same as `ai.onnx`. */
export function isStandard(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

export const mlDomain = 'ai.onnx.ml';

function readOpset(entry: WireReader, opset: Record<string, number>): void {
  let domain = '';
  let version = 0;
  while (entry.next()) {
    if (entry.isBytes(fields.opset.domain)) domain = entry.text();
    else if (entry.isVarint(fields.opset.version)) version = Number(entry.int64());
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new AppError('unprocessable', `the model has no right version of its operators "${domain}"`);
  }
  opset[isStandard(domain) ? 'ai.onnx' : domain] = version;
}

function readGraph(graph: WireReader, { nodes, outputs }: ModelOutline): void {
  while (graph.next()) {
    if (graph.isBytes(fields.graph.node)) nodes.push(readNode(graph.message()));
    else if (graph.isBytes(fields.graph.output)) outputs.push(readName(graph.message()));
  }
}

export function readNode(node: WireReader): NodeOutline {
  const { input, output, opType, domain } = fields.node;
  const outline: NodeOutline = { op: '', domain: '', inputs: [], outputs: [], body: node.again() };
  while (node.next()) {
    if (node.isBytes(input)) outline.inputs.push(node.text());
    else if (node.isBytes(output)) outline.outputs.push(node.text());
    else if (node.isBytes(opType)) outline.op = node.text();
    else if (node.isBytes(domain)) outline.domain = node.text();
  }
  return outline;
}

/** The name of a graph's input or output, or of an attribute, which is the first field of both. */
export function readName(named: WireReader): string {
  let name = '';
  while (named.next()) if (named.isBytes(fields.name)) name = named.text();
  return name;
}
