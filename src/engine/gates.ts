import { AppError } from '../contracts/app-error.js';
import { GatePolicy, type Gates, presetGatePolicy } from '../contracts/gate-policy.js';
import type { Caller } from '../contracts/caller.js';
import type { GatePolicy as GatePolicyRow, GateScope } from '../generated/prisma/client.js';
import type { Database, Tx } from '../platform/database/database.js';
import { writeAudit } from './write-audit.js';

const preset: Gates = {
  scope: 'preset',
  name: null,
  version: 0,
  policy: presetGatePolicy,
  updated_by: null,
  updated_at: null,
};

/** The gates that hold: the identifier's, else those of the pipeline that made the candidate, else the preset. */
export async function effectiveGates(
  db: Database | Tx,
  { identifier, pipeline }: { identifier?: string; pipeline?: string },
): Promise<Gates> {
  const rows = await db.gatePolicy.findMany({
    where: {
      OR: [
        ...(identifier === undefined ? [] : [{ scope: 'identifier' as const, name: identifier }]),
        ...(pipeline === undefined ? [] : [{ scope: 'pipeline' as const, name: pipeline }]),
      ],
    },
  });
  const row = rows.find(({ scope }) => scope === 'identifier') ?? rows[0];
  return row ? toGates(row) : preset;
}

/** Whose gates they are. */
export interface GatesOwner {
  scope: GateScope;
  name: string;
}

/**
 * Sets the gates of a pipeline or an identifier.
 *
 * @param expected the version that the caller has seen, 0 for the preset; undefined for whatever it is
 * @throws AppError `conflict`, with the current gates, when they are not at the expected version
 */
export async function setGates(
  tx: Tx,
  owner: GatesOwner,
  policy: GatePolicy,
  by: Caller,
  expected?: number,
): Promise<Gates> {
  const before = await lockGates(tx, owner, expected);
  const values = { policy, updated_by: by.name, updated_at: new Date() };
  const row = await tx.gatePolicy.upsert({
    where: { scope_name: owner },
    create: { ...owner, ...values },
    update: { ...values, version: { increment: 1 } },
  });
  await writeAudit(tx, by, {
    action: 'gates.set',
    subject: subjectOf(owner),
    before: before?.policy,
    after: policy,
  });
  return toGates(row);
}

/**
 * Gives up what was set: what is set for more, or the preset, holds again.
 * @throws AppError `not_found` when nothing was set; `conflict` as `setGates`
 */
export async function resetGates(tx: Tx, owner: GatesOwner, by: Caller, expected?: number): Promise<void> {
  const before = await lockGates(tx, owner, expected);
  if (!before) throw new AppError('not_found', `no gates are set for ${owner.scope} ${owner.name}`);
  await tx.gatePolicy.delete({ where: { scope_name: owner } });
  await writeAudit(tx, by, { action: 'gates.reset', subject: subjectOf(owner), before: before.policy });
}

/**
 * What is set, under a lock until the transaction ends: of two who have seen the same version the second one would
 * otherwise undo what the first one set. There may be no row to lock yet, hence the lock of a name.
 */
async function lockGates(tx: Tx, owner: GatesOwner, expected: number | undefined): Promise<Gates | null> {
  const { scope, name } = owner;
  await tx.$queryRaw`select pg_advisory_xact_lock(hashtextextended(${`gates/${scope}/${name}`}, 7))::text`;
  const row = await tx.gatePolicy.findUnique({ where: { scope_name: owner } });
  const version = row?.version ?? 0;
  if (expected !== undefined && expected !== version) {
    const message = `the gates of ${scope} ${name} are at version ${version}, not ${expected}`;
    throw new AppError('conflict', message, { members: { current: row ? toGates(row) : null } });
  }
  return row && toGates(row);
}

function toGates(row: GatePolicyRow): Gates {
  // Through the schema: gates that were added since a policy was written have their presets.
  return { ...row, policy: GatePolicy.parse(row.policy) };
}

function subjectOf({ scope, name }: GatesOwner): string {
  return `/gates?${scope}=${name}`;
}
