import { z } from 'zod';

/** Element types by the names of the Open Inference Protocol. */
export const datatypes = [
  'BOOL',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const;
export const Datatype = z.enum(datatypes);
export type Datatype = z.infer<typeof Datatype>;

/** What a model takes or gives under a name; -1 is a dimension that the caller chooses. */
export const TensorSpec = z
  .object({ name: z.string(), datatype: Datatype, shape: z.array(z.int().min(-1)) })
  .meta({ id: 'TensorSpec' });
export type TensorSpec = z.infer<typeof TensorSpec>;

export const ModelSignature = z
  .object({ inputs: z.array(TensorSpec), outputs: z.array(TensorSpec) })
  .meta({ id: 'ModelSignature' });
export type ModelSignature = z.infer<typeof ModelSignature>;

/**
 * A tensor as JSON: the elements in row-major order, flat or nested. Texts are the elements of BYTES; integers beyond
 * 2^53 come as texts.
 */
export const JsonTensor = TensorSpec.extend({
  shape: z.array(z.int().min(0)),
  data: z.array(z.unknown()),
}).meta({ id: 'JsonTensor' });
export type JsonTensor = z.infer<typeof JsonTensor>;
