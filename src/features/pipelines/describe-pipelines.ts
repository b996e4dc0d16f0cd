import { z } from 'zod';
import type { PipelineList } from '../../contracts/pipeline.js';
import { pipelines } from '../../engine/pipelines/pipelines.js';

/** The pipelines that this gateway knows, as a graph and with the JSON Schema of their parameters. */
export function describePipelines(): PipelineList {
  return {
    items: pipelines.map(({ name, description, steps, parameters }) => ({
      name,
      description,
      steps: steps.map((step) => ({
        name: step.name,
        kind: step.kind,
        depends_on: [...step.depends_on],
        needs: step.needs,
      })),
      edges: steps.flatMap((step) => step.depends_on.map((from) => ({ from, to: step.name }))),
      parameters: z.toJSONSchema(parameters, { io: 'input' }),
    })),
    next_cursor: null,
  };
}
