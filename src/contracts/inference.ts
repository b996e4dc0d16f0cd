import { z } from 'zod';
import { inferExample } from './examples.js';
import { storableText } from './storable-text.js';
import { Datatype, TensorSpec } from './tensor.js';

// What the Open Inference Protocol v2 sends over HTTP.

const Version = storableText(100)
  .min(1)
  .meta({ description: 'Number of a version, or an alias.', examples: ['1'] });

export const ModelPath = z.object({
  model: storableText(256)
    .min(1)
    .meta({
      description: "The registered name; a pipeline's identifier is that of its models.",
      examples: ['quickstart'],
    }),
});
export type ModelPath = z.infer<typeof ModelPath>;

/** A model by its name, and a version of it or what is promoted. */
export interface ModelAddress extends ModelPath {
  version?: string;
}

export const ModelVersionPath = ModelPath.extend({ version: Version });
export type ModelVersionPath = z.infer<typeof ModelVersionPath>;

/** A list that is refused for its length before each of millions of elements is found to be wrong. */
function shortList<T extends z.ZodType>(element: T, most: number) {
  return z.preprocess((value, context) => {
    if (!Array.isArray(value) || value.length <= most) return value;
    context.addIssue({ code: 'custom', message: `must have at most ${most} elements` });
    return z.NEVER;
  }, z.array(element));
}

const mostTensors = 1_000;
const mostDimensions = 32;
/** What nobody here reads, but clients send. */
const Ignored = z.unknown().optional().meta({ description: 'Accepted, and not used.' });

const InferInput = z.object({
  name: z.string(),
  shape: shortList(z.int().min(0), mostDimensions),
  datatype: Datatype,
  parameters: Ignored,
  // The numbers are checked while they are copied: a schema over every one of them would cost more than the model.
  data: z
    .custom<readonly unknown[]>((value) => Array.isArray(value), 'must be a list')
    .meta({
      type: 'array',
      items: {},
      description:
        'Elements in row-major order, flat or nested as the shape says. null is an empty cell of FP16, FP32 and FP64; integers beyond 2^53 come as texts of digits; BYTES are texts.',
    }),
});
export type InferInput = z.infer<typeof InferInput>;

export const InferRequest = z
  .object({
    id: z.string().max(1_000).nullish().meta({ description: 'Comes back in the answer; made when absent.' }),
    parameters: Ignored,
    inputs: shortList(InferInput, mostTensors).meta({ description: 'By name, in any order.' }),
    outputs: shortList(z.object({ name: z.string(), parameters: Ignored }), mostTensors)
      .nullish()
      .meta({ description: 'Which outputs to answer with; all of them without it.' }),
  })
  .meta({ id: 'InferRequest', examples: [inferExample] });
export type InferRequest = z.infer<typeof InferRequest>;

const InferOutput = z.object({
  name: z.string(),
  shape: z.array(z.int()),
  datatype: Datatype,
  data: z.array(z.union([z.number(), z.boolean(), z.string(), z.null()])).meta({
    description: 'Flat, in row-major order. 64-bit integers are digits; null is NaN or an infinity.',
  }),
});

export const InferAnswer = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string(),
    outputs: z.array(InferOutput),
  })
  .meta({
    id: 'InferAnswer',
    examples: [
      {
        model_name: 'quickstart',
        model_version: '3',
        id: 'my-1',
        outputs: [{ name: 'forecast', shape: [1, 1, 1], datatype: 'FP64', data: [3.9] }],
      },
    ],
  });
export type InferAnswer = z.infer<typeof InferAnswer>;

export const InferenceError = z
  .object({ error: z.string().meta({ examples: ['there is no model nobody'] }) })
  .meta({ id: 'InferenceError' });
export type InferenceError = z.infer<typeof InferenceError>;

export const ServerMetadata = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: 'ServerMetadata' });
export type ServerMetadata = z.infer<typeof ServerMetadata>;

export const ServerLive = z.object({ live: z.literal(true) }).meta({ id: 'ServerLive' });
export type ServerLive = z.infer<typeof ServerLive>;

export const ServerReady = z.object({ ready: z.literal(true) }).meta({ id: 'ServerReady' });
export type ServerReady = z.infer<typeof ServerReady>;

export const ModelMetadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()).meta({ description: 'All that are registered.' }),
    platform: z.literal('onnxruntime_onnx'),
    inputs: z.array(TensorSpec).meta({ description: 'A dimension of -1 is the caller’s choice.' }),
    outputs: z.array(TensorSpec),
  })
  .meta({ id: 'ModelMetadata' });
export type ModelMetadata = z.infer<typeof ModelMetadata>;

export const ModelReady = z.object({ name: z.string(), ready: z.literal(true) }).meta({ id: 'ModelReady' });
export type ModelReady = z.infer<typeof ModelReady>;

export const RepositoryIndexRequest = z
  .object({ ready: z.boolean().optional().meta({ description: 'Only what is ready.' }) })
  .nullish()
  .meta({ id: 'RepositoryIndexRequest', examples: [{ ready: true }] });
export type RepositoryIndexRequest = z.infer<typeof RepositoryIndexRequest>;

export const RepositoryModel = z
  .object({
    name: z.string(),
    version: z.string(),
    state: z.enum(['READY', 'LOADING', 'UNAVAILABLE']),
    reason: z.string().meta({ description: 'Why it is not ready; empty when it is.' }),
  })
  .meta({ id: 'RepositoryModel' });
export type RepositoryModel = z.infer<typeof RepositoryModel>;

export const RepositoryModelRequest = z
  .object({ parameters: z.object({ version: Version.optional() }).optional() })
  .nullish()
  .meta({
    id: 'RepositoryModelRequest',
    description: 'Which version; without it, what is promoted is loaded, and all versions are unloaded.',
    examples: [{ parameters: { version: '3' } }],
  });
export type RepositoryModelRequest = z.infer<typeof RepositoryModelRequest>;

export const UnloadedModel = z
  .object({ name: z.string(), state: z.literal('UNAVAILABLE'), reason: z.literal('unloaded') })
  .meta({ id: 'UnloadedModel' });
export type UnloadedModel = z.infer<typeof UnloadedModel>;
