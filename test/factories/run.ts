import { ForecastingParameters } from '../../src/contracts/forecasting-parameters.js';
import { SelftestParameters } from '../../src/contracts/selftest-parameters.js';
import { createRun, type NewRun } from '../../src/engine/create-run.js';
import { forecasting } from '../../src/engine/pipelines/forecasting.js';
import { selftest } from '../../src/engine/pipelines/selftest.js';
import type { PipelineRun, Step } from '../../src/generated/prisma/client.js';
import type { Database } from '../../src/platform/database/database.js';
import { type TestAttempt, tryClaim } from './attempt.js';
import { caller } from './caller.js';

export interface TestRun {
  id: string;
  identifier: string;
  row(): Promise<PipelineRun>;
  step(name: string): Promise<Step>;
  /** The run's state, and each step's by its name. */
  states(): Promise<Record<string, string>>;
  /** `preprocess QUEUED`, `run RUNNING`, …: the changes of state in the order of their numbers. */
  history(): Promise<string[]>;
  /** Takes the step's current attempt, even when it is not due yet. @throws when it cannot be had */
  claim(step: string, worker?: string): Promise<TestAttempt>;
  /** Claims and completes steps, one after another. */
  succeed(...steps: string[]): Promise<TestRun>;
  /** Claims and fails steps for good, one after another. */
  fail(...steps: string[]): Promise<TestRun>;
}

/** A run of the forecasting pipeline, `preprocess` queued. Its files are named, not stored. */
export function newRun(
  db: Database,
  { identifier = 'run-001', ...overrides }: Partial<NewRun> = {},
): Promise<TestRun> {
  return create(db, {
    pipeline: forecasting,
    identifier,
    parameters: ForecastingParameters.parse({
      dataset_name: 'series',
      train_file: 'series.csv',
      identifier,
    }),
    config_hash: 'c0ffee',
    by: caller('tester'),
    ...overrides,
  });
}

/** A run of six steps in the same shape that have no effects: `first`, `left`, `middle`, `right`, `join`, `last`. */
export function newSelftest(db: Database, overrides: Partial<NewRun> = {}): Promise<TestRun> {
  const parameters = SelftestParameters.parse({});
  return create(db, {
    pipeline: selftest,
    identifier: parameters.identifier,
    parameters,
    config_hash: null,
    by: caller('tester'),
    ...overrides,
  });
}

async function create(db: Database, settings: NewRun): Promise<TestRun> {
  return testRun(db, await createRun(db, settings), settings.identifier);
}

function testRun(db: Database, id: string, identifier: string): TestRun {
  const run: TestRun = {
    id,
    identifier,
    row: () => db.pipelineRun.findUniqueOrThrow({ where: { id } }),
    step: (name) => db.step.findUniqueOrThrow({ where: { run_id_name: { run_id: id, name } } }),
    async states() {
      const { state, steps } = await db.pipelineRun.findUniqueOrThrow({
        where: { id },
        include: { steps: { orderBy: { position: 'asc' } } },
      });
      return { run: state, ...Object.fromEntries(steps.map((step) => [step.name, step.state])) };
    },
    async history() {
      const rows = await db.stateChange.findMany({ where: { run_id: id }, orderBy: { number: 'asc' } });
      return rows.map(({ step, state }) => `${step ?? 'run'} ${state}`);
    },
    async claim(step, worker) {
      await db.step.update({
        where: { run_id_name: { run_id: id, name: step } },
        data: { not_before: null },
      });
      const { attempt, state } = await run.step(step);
      const claimed = await tryClaim(db, { run_id: id, step, attempt }, worker);
      if (!claimed) throw new Error(`${step} cannot be claimed: it is ${state}`);
      return claimed;
    },
    async succeed(...steps) {
      for (const step of steps) {
        const status = await (await run.claim(step)).succeed();
        if (status !== 'done') throw new Error(`${step} did not succeed: ${status}`);
      }
      return run;
    },
    async fail(...steps) {
      for (const step of steps) await (await run.claim(step)).fail({ permanent: true });
      return run;
    },
  };
  return run;
}

export const trainers = ['train_lstm', 'train_gru', 'train_prophet'] as const;
