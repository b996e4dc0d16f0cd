import type { Database } from '../../../../src/platform/database/database.js';

/** Every row that a run has. */
export async function observe(db: Database, runId: string, identifier: string) {
  const [run, trackedRuns, pointer, promotions, requests, modelVersions] = await Promise.all([
    db.pipelineRun.findUniqueOrThrow({
      where: { id: runId },
      include: {
        steps: { orderBy: { position: 'asc' }, include: { attempts: { orderBy: { number: 'asc' } } } },
        history: { orderBy: { number: 'asc' } },
        events: { orderBy: { number: 'asc' } },
      },
    }),
    db.trackedRun.findMany({ where: { pipeline_run_id: runId } }),
    db.pointer.findUnique({ where: { identifier } }),
    db.promotion.findMany({ where: { identifier }, orderBy: { version: 'asc' } }),
    db.promotionRequest.findMany({ where: { pipeline_run_id: runId } }),
    db.modelVersion.findMany({ where: { run: { pipeline_run_id: runId } }, include: { run: true } }),
  ]);
  return { run, trackedRuns, pointer, promotions, requests, modelVersions };
}

export type Observed = Awaited<ReturnType<typeof observe>>;
