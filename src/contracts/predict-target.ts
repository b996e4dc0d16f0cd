import { z } from 'zod';
import { Identifier } from './identifier.js';
import { storableText } from './storable-text.js';

const largestVersion = 2_147_483_647;

export const ModelVersionNumber = z.int().min(1).max(largestVersion);

const ConfigHash = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');
const version = { description: 'That version of the model, whatever is promoted.', examples: [3] };

/** Which model is asked: fields of a body. */
export const predictTarget = {
  identifier: Identifier.optional(),
  config_hash: ConfigHash.optional().meta({
    description: 'The newest promotion made under this configuration.',
  }),
  model_version: ModelVersionNumber.optional().meta(version),
  alias: storableText(255)
    .min(1)
    .optional()
    .meta({
      description: 'The version that this alias names, whatever is promoted.',
      examples: ['champion'],
    }),
};

/** The same as query parameters, which are text. */
export const predictTargetQuery = {
  ...predictTarget,
  model_version: z
    .string()
    .regex(/^\d{1,10}$/, 'must be a whole number')
    .transform(Number)
    .pipe(ModelVersionNumber)
    .optional()
    .meta(version),
};

interface PredictTarget {
  identifier?: string;
  config_hash?: string;
  model_version?: number;
  alias?: string;
}

/** What is wrong with asking for these together, or undefined. */
function conflictOf({ identifier, config_hash, model_version, alias }: PredictTarget): string | undefined {
  const [chosen, other] = Object.entries({ model_version, alias, config_hash })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (chosen === undefined || chosen === 'config_hash') return undefined;
  if (other !== undefined) return `give ${chosen} or ${other}, not both`;
  return identifier === undefined ? `${chosen} needs an identifier: the name of the model` : undefined;
}

/** A check for objects with the fields above: model_version or alias goes with an identifier, and with nothing else. */
export function checkTarget(target: PredictTarget, context: z.RefinementCtx): void {
  const message = conflictOf(target);
  if (message === undefined) return;
  const path = [target.model_version === undefined ? 'alias' : 'model_version'];
  context.addIssue({ code: 'custom', path, message });
}
