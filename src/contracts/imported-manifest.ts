import { z } from 'zod';
import { JsonTensor, ModelSignature } from './tensor.js';

/** Type of a model that was made elsewhere and imported as an ONNX file. */
export const importedType = 'ONNX';

/** What must be known beside an imported ONNX file to serve it. */
export const ImportedManifest = z
  .object({
    model_type: z.literal(importedType),
    identifier: z.string(),
    signature: ModelSignature,
    /** Rows of different requests that may be run together; 1 when the first axis of some tensor is not free. */
    max_batch: z.int().min(1),
    /** Labels of the columns of outputs that hold a probability a class, by output. */
    classes: z.record(z.string(), z.array(z.union([z.string(), z.number()]))),
    /** A request that the model must answer before it may serve; null when none was given. */
    example: z.array(JsonTensor).nullable(),
    opset: z.record(z.string(), z.int()),
    producer: z.string(),
    sha256: z.string(),
    size: z.int(),
  })
  .meta({ id: 'ImportedManifest' });
export type ImportedManifest = z.infer<typeof ImportedManifest>;

/** What is found out about an imported file by reading, loading and trying it. */
export const ImportedFacts = ImportedManifest.pick({
  signature: true,
  max_batch: true,
  classes: true,
  opset: true,
  producer: true,
}).meta({ id: 'ImportedFacts' });
export type ImportedFacts = z.infer<typeof ImportedFacts>;
