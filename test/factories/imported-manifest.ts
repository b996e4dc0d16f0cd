import { ImportedManifest, importedType } from '../../src/contracts/imported-manifest.js';

/** The manifest of a model of one column that somebody imported. */
export function importedManifest(overrides: Partial<ImportedManifest> = {}): ImportedManifest {
  return ImportedManifest.parse({
    model_type: importedType,
    identifier: 'imported',
    signature: {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
      outputs: [{ name: 'x_out', datatype: 'FP32', shape: [-1, 1] }],
    },
    max_batch: 32,
    classes: {},
    example: null,
    opset: { '': 18 },
    producer: 'test',
    sha256: '0'.repeat(64),
    size: 1,
    ...overrides,
  } satisfies ImportedManifest);
}
