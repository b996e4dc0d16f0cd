import { z } from 'zod';
import { Identifier } from './identifier.js';
import { ImportedFacts } from './imported-manifest.js';
import { PageQuery, pageOf } from './page.js';
import { storableText } from './storable-text.js';
import { Timestamp } from './timestamp.js';

const description = z.string().nullable();

export const RegisteredModel = z
  .object({
    name: z.string(),
    description,
    latest_version: z.int(),
    aliases: z
      .record(z.string(), z.int())
      .meta({ description: 'Versions by alias; champion is the promoted one.', examples: [{ champion: 3 }] }),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'RegisteredModel' });
export type RegisteredModel = z.infer<typeof RegisteredModel>;

export const RegisteredModelPage = pageOf(RegisteredModel, 'RegisteredModelPage');
export type RegisteredModelPage = z.infer<typeof RegisteredModelPage>;

/** What is known of imported models only. */
const facts = ImportedFacts.shape;

export const ModelVersion = z
  .object({
    name: z.string(),
    version: z.int(),
    model_type: z.string().meta({ description: 'What trained it, or ONNX when it was imported.' }),
    sha256: z.string(),
    size: z.int().meta({ description: 'Bytes of the ONNX file.' }),
    signature: facts.signature.nullable().meta({ description: 'Of imported models; null for trained ones.' }),
    max_batch: facts.max_batch
      .nullable()
      .meta({ description: 'Rows of different requests that are run together; null for trained models.' }),
    classes: facts.classes.nullable().meta({
      description: 'Labels of the columns of outputs that hold a score a class, by output.',
      examples: [{ output_probability: ['No', 'Yes'] }],
    }),
    opset: facts.opset.nullable().meta({
      description: 'Version of each set of operators that it uses.',
      examples: [{ 'ai.onnx': 18 }],
    }),
    producer: facts.producer
      .nullable()
      .meta({ description: 'What wrote the file.', examples: ['skl2onnx 1.20.0'] }),
    config_hash: z.string().nullable().meta({ description: 'Of an imported model the SHA-256 of its file.' }),
    metrics: z.record(z.string(), z.unknown()),
    tags: z.record(z.string(), z.string()),
    description,
    aliases: z.array(z.string()),
    run_id: z.string().nullable().meta({ description: 'The tracked run that trained or imported it.' }),
    created_at: Timestamp,
    created_by: z.string(),
  })
  .meta({ id: 'ModelVersion' });
export type ModelVersion = z.infer<typeof ModelVersion>;

export const ModelVersionPage = pageOf(ModelVersion, 'ModelVersionPage');
export type ModelVersionPage = z.infer<typeof ModelVersionPage>;

export const ListModels = PageQuery;
export type ListModels = z.infer<typeof ListModels>;

export const ModelPath = z.object({ name: Identifier.meta({ examples: ['churn'] }) });
export type ModelPath = z.infer<typeof ModelPath>;

export const VersionPath = ModelPath.extend({
  version: storableText(255).meta({ description: 'A number, or an alias.', examples: ['1', 'champion'] }),
});
export type VersionPath = z.infer<typeof VersionPath>;
