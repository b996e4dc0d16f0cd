import { AppError } from '../contracts/app-error.js';
import type { StepError } from '../contracts/step-error.js';
import { Prisma } from '../generated/prisma/client.js';
import { inputContext } from './input-context.js';
import type { LockedRun } from './locked-run.js';
import { findStepPlan } from './pipelines/pipelines.js';

/** Keeps what a step that gave up was given, and why it gave up. Called under the run's lock. */
export async function writeDeadLetter(run: LockedRun, name: string, error: StepError): Promise<void> {
  const { attempt, kind } = run.step(name);
  const input = await inputOf(run, name);
  await run.tx.deadLetter.create({
    data: { run_id: run.row.id, step: name, kind, attempt, input: input ?? Prisma.DbNull, error },
  });
}

/** Null when there is none to be had: that may be why the step failed. */
async function inputOf(run: LockedRun, name: string) {
  const { attempt } = run.step(name);
  try {
    return await findStepPlan(run.row.pipeline, name).input(inputContext(run.tx, run, attempt));
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** The steps that gave up run again: their letters are no longer open. Called under the run's lock. */
export async function closeDeadLetters({ tx, row, now }: LockedRun): Promise<void> {
  await tx.deadLetter.updateMany({
    where: { run_id: row.id, replayed_at: null },
    data: { replayed_at: now },
  });
}

/** @throws AppError `not_found` */
export function unknownDeadLetter(id: string): never {
  throw new AppError('not_found', `there is no dead letter ${id}`);
}
