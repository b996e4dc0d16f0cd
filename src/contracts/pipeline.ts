import { z } from 'zod';
import { pageOf } from './page.js';
import { StepKind } from './states.js';

/** A pipeline as `GET /pipelines` shows it. */
export const PipelineDescription = z
  .object({
    name: z.string(),
    description: z.string(),
    steps: z.array(
      z.object({
        name: z.string(),
        kind: StepKind,
        depends_on: z.array(z.string()),
        needs: z.enum(['all', 'any']).meta({ description: 'How many of its dependencies must succeed.' }),
      }),
    ),
    edges: z.array(z.object({ from: z.string(), to: z.string() })),
    parameters: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the parameters.' }),
  })
  .meta({ id: 'Pipeline' });
export type PipelineDescription = z.infer<typeof PipelineDescription>;

export const PipelineList = pageOf(PipelineDescription, 'PipelineList');
export type PipelineList = z.infer<typeof PipelineList>;
