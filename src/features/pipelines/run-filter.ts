import type { ListPipelineRuns } from '../../contracts/list-pipeline-runs.js';
import type { Prisma } from '../../generated/prisma/client.js';

/** Which runs a list shows. */
export function runFilter(query: ListPipelineRuns): Prisma.PipelineRunWhereInput {
  const { pipeline, identifier, state, config_hash, tag = [], schedule_id, cloned_from } = query;
  return {
    pipeline,
    identifier,
    state: state && { in: state },
    config_hash,
    schedule_id,
    cloned_from,
    created_at: { gte: query.created_after, lt: query.created_before },
    AND: tag.map((some) => ({ tags: { some } })),
  };
}
