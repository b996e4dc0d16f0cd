import { z } from 'zod';
import { ArtifactRef } from '../contracts/artifact-ref.js';

/** What a readable object shows. */
export const ProjectionSource = z.discriminatedUnion('type', [
  /** The bytes of an artifact. */
  z.object({ type: z.literal('artifact'), file: ArtifactRef, content_type: z.string() }),
  /** The newest promotion of all, of an identifier, of a configuration, or one promotion. */
  z.object({ type: z.literal('root_pointer') }),
  z.object({ type: z.literal('identifier_pointer'), identifier: z.string() }),
  z.object({ type: z.literal('config_pointer'), identifier: z.string(), config_hash: z.string() }),
  z.object({ type: z.literal('promotion'), id: z.string() }),
  /** All batches of a day, a line each. */
  z.object({ type: z.literal('inference_log'), identifier: z.string(), day: z.string() }),
  /** What it showed was deleted, and so it is to be. */
  z.object({ type: z.literal('nothing') }),
]);
export type ProjectionSource = z.infer<typeof ProjectionSource>;
