import { isStandard, mlDomain, type ModelOutline, type NodeOutline, readName } from './model-outline.js';
import { onnxFields as fields } from './onnx-fields.js';

export type ClassLabel = string | number;

/** What the attributes of ZipMap and of the classifiers are called that hold their labels, one a column. */
const labelAttributes = new Set(['classlabels_strings', 'classlabels_int64s', 'classlabels_ints']);
const classifiers = new Set(['LinearClassifier', 'SVMClassifier', 'TreeEnsembleClassifier']);
/** They leave every column where it is. */
const columnwise = new Set(['Identity', 'Cast', 'Softmax', 'Normalizer', 'Sigmoid', 'Clip']);

/** The labels of a node, in the order of its columns. */
export function classLabels({ body }: NodeOutline): ClassLabel[] {
  const labels: ClassLabel[] = [];
  const node = body.again();
  while (node.next()) {
    if (!node.isBytes(fields.node.attribute)) continue;
    // A forest's other attributes hold millions of numbers: they are passed over.
    if (!labelAttributes.has(readName(node.message()))) continue;
    const attribute = node.message();
    while (attribute.next()) {
      if (attribute.isBytes(fields.attribute.strings)) labels.push(attribute.text());
      else if (attribute.number === fields.attribute.ints)
        for (const value of attribute.int64s()) labels.push(toLabel(value));
    }
  }
  return labels;
}

/** The labels of the outputs that hold a classifier's scores, one a column, or what is made of them column by column. */
export function outputClasses({ nodes, outputs }: ModelOutline): Record<string, ClassLabel[]> {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const entries = outputs.map((output) => {
    let name = output;
    // Names that lead in a circle would be no model; the number of nodes ends it all the same.
    for (let steps = 0; steps < nodes.length; steps++) {
      const maker = makers.get(name);
      if (maker && isClassifier(maker) && maker.outputs[1] === name)
        return [output, classLabels(maker)] as const;
      const [input] = maker?.inputs ?? [];
      if (!maker || !isColumnwise(maker) || input === undefined) break;
      name = input;
    }
    return [output, []] as const;
  });
  return Object.fromEntries(entries.filter(([, labels]) => labels.length > 0));
}

function isClassifier({ op, domain }: NodeOutline): boolean {
  return domain === mlDomain && classifiers.has(op);
}

function isColumnwise({ op, domain }: NodeOutline): boolean {
  return (isStandard(domain) || domain === mlDomain) && columnwise.has(op);
}

/** JSON has no integers beyond 2^53: those are texts. */
function toLabel(value: bigint): ClassLabel {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
