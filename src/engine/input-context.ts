import type { Database, Tx } from '../platform/database/database.js';
import { findChampion } from './champion.js';
import { effectiveGates } from './gates.js';
import type { LockedRun } from './locked-run.js';
import type { InputContext } from './plan.js';
import { promotableVersions } from './registry/promotable-versions.js';
import { StepOutputs } from './step-outputs.js';

/** What a step's input is made from, as the run stands now. */
export function inputContext(db: Database | Tx, { row, steps }: LockedRun, attempt: number): InputContext {
  return {
    run: row,
    attempt,
    outputs: new StepOutputs(steps),
    champion: () => findChampion(db, row.identifier),
    gatePolicy: async () => (await effectiveGates(db, row)).policy,
    promotable: (versions) => promotableVersions(db, row.identifier, versions),
  };
}
