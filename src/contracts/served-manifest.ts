import { z } from 'zod';
import { ImportedManifest, importedType } from './imported-manifest.js';
import { ModelManifest, modelTypes } from './model-manifest.js';

/** What a served model may be: trained by a pipeline, or imported. */
export const ServedType = z.enum([...modelTypes, importedType]);
export type ServedType = z.infer<typeof ServedType>;

export const ServedManifest = z.discriminatedUnion('model_type', [ModelManifest, ImportedManifest]);
export type ServedManifest = z.infer<typeof ServedManifest>;
