import { z } from 'zod';
import { Identifier } from './identifier.js';
import { ImportedFacts } from './imported-manifest.js';
import { ModelDescription, ModelTags } from './model-labels.js';
import { PageQuery, pageOf } from './page.js';
import { ModelVersionNumber } from './predict-target.js';
import { TagChanges } from './run-labels.js';
import { ServedType } from './served-manifest.js';
import { storableText } from './storable-text.js';
import { tagFilter } from './tag-filter.js';
import { Timestamp } from './timestamp.js';

const description = z.string().nullable();
const tags = z.record(z.string(), z.string());
const archivedAt = (what: string) =>
  Timestamp.nullable().meta({ description: `When it was archived: ${what}. Null while it is in use.` });

export const RegisteredModel = z
  .object({
    name: z.string(),
    description,
    tags,
    latest_version: z
      .int()
      .nullable()
      .meta({ description: 'The newest that is not archived; null when there is none.' }),
    aliases: z
      .record(z.string(), z.int())
      .meta({ description: 'Versions by alias; champion is the promoted one.', examples: [{ champion: 3 }] }),
    created_at: Timestamp,
    created_by: z.string(),
    updated_at: Timestamp,
    archived_at: archivedAt('it is not listed, and takes no imports and no promotions'),
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
    tags,
    description,
    aliases: z.array(z.string()),
    run_id: z.string().nullable().meta({ description: 'The tracked run that trained or imported it.' }),
    created_at: Timestamp,
    created_by: z.string(),
    updated_at: Timestamp,
    archived_at: archivedAt('it is not listed, not served, not promoted, and no alias can name it'),
  })
  .meta({ id: 'ModelVersion' });
export type ModelVersion = z.infer<typeof ModelVersion>;

export const ModelVersionPage = pageOf(ModelVersion, 'ModelVersionPage');
export type ModelVersionPage = z.infer<typeof ModelVersionPage>;

export const CreateModel = z
  .strictObject({
    name: Identifier.meta({ description: 'Of the model, and the identifier of its promotions.' }),
    description: ModelDescription.nullable().default(null),
    tags: ModelTags.default({}),
  })
  .meta({ id: 'CreateModel', examples: [{ name: 'churn', description: 'Who leaves next month' }] });
export type CreateModel = z.infer<typeof CreateModel>;

const labels = { description: ModelDescription.nullable().optional(), tags: TagChanges.default({}) };

/** What of a model people may change at any time; what is left out stays as it is. */
export const UpdateModel = z.strictObject(labels).meta({ id: 'UpdateModel' });
export type UpdateModel = z.infer<typeof UpdateModel>;

/** The same of a version. */
export const UpdateVersion = z.strictObject(labels).meta({ id: 'UpdateVersion' });
export type UpdateVersion = z.infer<typeof UpdateVersion>;

const archived = z
  .enum(['true', 'false', 'any'])
  .default('false')
  .meta({ description: '`true` for those that are archived, `any` for all; without it those that are not.' });

export const ListModels = PageQuery.extend({
  tag: tagFilter('models').optional(),
  name_contains: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be a part of a name: letters, digits, ".", "_" or "-"')
    .optional()
    .meta({ description: 'A part of the name, in upper or lower case.', examples: ['churn'] }),
  archived,
});
export type ListModels = z.infer<typeof ListModels>;

export const ListVersions = PageQuery.extend({
  tag: tagFilter('versions').optional(),
  model_type: ServedType.optional(),
  archived,
});
export type ListVersions = z.infer<typeof ListVersions>;

export const ModelPath = z.object({ name: Identifier.meta({ examples: ['churn'] }) });
export type ModelPath = z.infer<typeof ModelPath>;

export const VersionPath = ModelPath.extend({
  version: storableText(255).meta({ description: 'A number, or an alias.', examples: ['1', 'champion'] }),
});
export type VersionPath = z.infer<typeof VersionPath>;

/** What changes a version names it by its number: an alias may have moved since somebody looked. */
export const VersionNumberPath = ModelPath.extend({
  version: z
    .string()
    .regex(/^\d{1,10}$/, 'must be the number of a version')
    .transform(Number)
    .pipe(ModelVersionNumber)
    .meta({ description: 'A number.', examples: ['1'] }),
});
export type VersionNumberPath = z.infer<typeof VersionNumberPath>;
