import { z } from 'zod';
import { Timestamp } from './timestamp.js';

const file = { bucket: z.string(), key: z.string(), sha256: z.string(), size: z.int() };
const gone = 'null when it was deleted since';

const InputFile = z
  .object({ role: z.enum(['train', 'test']), ...file })
  .meta({ id: 'LineageInput', description: 'A file as it was read: by now another may lie under its key.' });

const Preprocess = z
  .object({
    pipeline_run_id: z.string(),
    step: z.string(),
    cached_from_run_id: z
      .string()
      .nullable()
      .meta({ description: 'The run that did the work, when the step was reused.' }),
    config_hash: z.string().nullable(),
    artifacts: z.array(z.object({ name: z.string(), ...file })),
  })
  .meta({ id: 'LineagePreprocess' });

const Training = z
  .object({
    tracked_run_id: z.string(),
    experiment: z.string(),
    pipeline_run_id: z
      .string()
      .nullable()
      .meta({ description: `The pipeline run; ${gone}.` }),
    step: z.string().nullable(),
    attempt: z.int().nullable(),
    parameters: z
      .record(z.string(), z.string())
      .meta({ description: 'Those that its training reads, as text.', examples: [{ epochs: '10' }] }),
    metrics: z.record(z.string(), z.unknown()),
    started_at: Timestamp,
    ended_at: Timestamp.nullable(),
  })
  .meta({ id: 'LineageTraining' });

const Import = z
  .object({
    tracked_run_id: z.string(),
    source: z.string().nullable().meta({ description: 'What the file was called.' }),
  })
  .meta({ id: 'LineageImport' });

const Version = z
  .object({
    name: z.string(),
    version: z.int(),
    model_type: z.string(),
    config_hash: z.string().nullable(),
    sha256: z.string().meta({ description: 'Of the ONNX file.' }),
    size: z.int(),
    manifest_sha256: z.string(),
    created_at: Timestamp,
    created_by: z.string(),
  })
  .meta({ id: 'LineageVersion' });

const VersionPromotion = z
  .object({
    id: z.string(),
    identifier: z.string(),
    version: z.int().meta({ description: "The pointer's version after it." }),
    restores: z
      .int()
      .nullable()
      .meta({ description: 'Of a rollback: the version of the promotion whose model serves again.' }),
    serving: z.boolean().meta({ description: 'Is it what is promoted now?' }),
    actor: z.string(),
    created_at: Timestamp,
  })
  .meta({ id: 'LineagePromotion' });

/** Where a model version comes from, file by file, and where it went. */
export const Lineage = z
  .object({
    inputs: z
      .array(InputFile)
      .nullable()
      .meta({ description: `What it was trained on; ${gone} with its run, and for imported models.` }),
    preprocess: Preprocess.nullable().meta({ description: `${gone}, and for imported models` }),
    training: Training.nullable().meta({ description: `${gone}, and for imported models` }),
    imported: Import.nullable().meta({ description: 'Null for models that a pipeline trained.' }),
    version: Version,
    promotions: z
      .array(VersionPromotion)
      .meta({ description: 'Every promotion of it, rollbacks to it among them, newest first.' }),
  })
  .meta({ id: 'Lineage' });
export type Lineage = z.infer<typeof Lineage>;
