import { z } from 'zod';
import { PageQuery, pageOf } from './page.js';
import { ModelVersionNumber } from './predict-target.js';
import { ModelPath } from './registry.js';

/** The alias of the promoted version: promotions write it, and nothing else does. */
export const championAlias = 'champion';

/** How many a model may have: it is shown with all of them. */
export const maxAliases = 100;

/** As MLflow has them, and nothing that could be taken for the number of a version. */
export const AliasName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,255}$/, 'must be 1 to 255 letters, digits, "_" or "-"')
  .refine(
    (alias) => !/^(v\d+|-?\d+|latest)$/i.test(alias),
    'must not be a number, "v" with a number, or "latest": they would be taken for versions',
  )
  .meta({ description: 'A name that leads to a version.', examples: ['candidate'] });
export type AliasName = z.infer<typeof AliasName>;

/** A name for a version that can be moved to another one; whoever is served by it follows. */
export const ModelAlias = z
  .object({ alias: z.string(), version: z.int() })
  .meta({ id: 'ModelAlias', examples: [{ alias: 'candidate', version: 2 }] });
export type ModelAlias = z.infer<typeof ModelAlias>;

export const ModelAliasPage = pageOf(ModelAlias, 'ModelAliasPage');
export type ModelAliasPage = z.infer<typeof ModelAliasPage>;

export const SetAlias = z
  .strictObject({ version: ModelVersionNumber.meta({ description: 'What it leads to from now on.' }) })
  .meta({ id: 'SetAlias', examples: [{ version: 2 }] });
export type SetAlias = z.infer<typeof SetAlias>;

export const ListAliases = PageQuery;
export type ListAliases = z.infer<typeof ListAliases>;

export const AliasPath = ModelPath.extend({ alias: AliasName });
export type AliasPath = z.infer<typeof AliasPath>;
