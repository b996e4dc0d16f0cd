import { PipelineRun } from '../../contracts/pipeline-run.js';
import type { RunLimit } from '../../engine/run-limit.js';
import { readWaitingReasons, type WaitingReasons } from '../../engine/waiting-reasons.js';
import type { Prisma } from '../../generated/prisma/client.js';
import type { Tx } from '../../platform/database/database.js';

/** Everything that an answer about a run shows, in the order in which it shows it. */
export const runInclude = {
  tags: { orderBy: { key: 'asc' } },
  steps: { orderBy: { position: 'asc' }, include: { attempts: { orderBy: { number: 'asc' } } } },
  history: { orderBy: { number: 'asc' } },
  promotion: { select: { id: true } },
} satisfies Prisma.PipelineRunInclude;

export type RunRow = Prisma.PipelineRunGetPayload<{ include: typeof runInclude }>;

/** A run as its answer shows it: the history is one table in the database and stands with each step here. */
export function toPipelineRun(
  { history, steps, promotion, tags, ...run }: RunRow,
  waiting: WaitingReasons,
): PipelineRun {
  const historyOf = (step: string | null) => history.filter((change) => change.step === step);
  return PipelineRun.parse({
    ...run,
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    state_history: historyOf(null),
    steps: steps.map((step) => ({
      ...step,
      waiting_for: step.state === 'QUEUED' ? waiting.of(run, step) : null,
      state_history: historyOf(step.name),
    })),
    promotion_id: promotion?.id ?? null,
  });
}

/** A run that this transaction has written. One question after another: a transaction is one connection. */
export async function readNewRun(tx: Tx, id: string, limit: RunLimit): Promise<PipelineRun> {
  const run = await tx.pipelineRun.findUniqueOrThrow({ where: { id }, include: { tags: runInclude.tags } });
  const steps = await tx.step.findMany({ where: { run_id: id }, ...runInclude.steps });
  const history = await tx.stateChange.findMany({ where: { run_id: id }, ...runInclude.history });
  const row = { ...run, steps, history, promotion: null };
  return toPipelineRun(row, await readWaitingReasons(tx, [row], limit));
}
