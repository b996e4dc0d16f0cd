import { AppError } from '../../contracts/app-error.js';
import type { CloneRun } from '../../contracts/clone-run.js';
import { CreatePipelineRun } from '../../contracts/pipeline-run.js';
import type { Prisma } from '../../generated/prisma/client.js';

type Original = Prisma.PipelineRunGetPayload<{ include: { tags: true } }>;

/**
 * What would have to be asked for to get a run like this one, but for the overrides.
 * @throws AppError `invalid_request` for overrides that the pipeline does not take
 */
export function cloneRequest(
  run: Original,
  { parameters, tags, note, priority }: CloneRun,
): CreatePipelineRun {
  const kept = { ...(run.parameters as Prisma.JsonObject) };
  // Another data set means other files, not those that the old name was settled to.
  if ('dataset_name' in parameters) for (const name of ['train_file', 'test_file']) delete kept[name];
  const result = CreatePipelineRun.safeParse({
    pipeline: run.pipeline,
    parameters: { ...kept, ...parameters },
    tags: tags ?? Object.fromEntries(run.tags.map(({ key, value }) => [key, value])),
    note,
    priority: priority ?? run.priority,
  });
  if (result.success) return result.data;
  throw new AppError('invalid_request', 'The run cannot be cloned like this.', {
    issues: result.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  });
}
