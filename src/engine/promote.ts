import type { Caller } from '../contracts/caller.js';
import { buckets, promotionKeys } from '../contracts/object-keys.js';
import type { Prisma, Promotion } from '../generated/prisma/client.js';
import type { Tx } from '../platform/database/database.js';
import { publishNews } from '../platform/database/news.js';
import { failpoint } from './failpoint.js';
import { wantProjections } from './want-projections.js';
import { writeAudit } from './write-audit.js';

/** The name of the pointer row for the newest promotion of all; no identifier can have it. */
export const globalPointer = '*';

/** An accepted candidate: what the promotion's row says besides its place in the order. */
export type AcceptedCandidate = Omit<
  Prisma.PromotionUncheckedCreateInput,
  'id' | 'version' | 'replaces' | 'created_at'
>;

/**
 * Locks an identifier's pointer until the transaction ends and gives its version. Whoever decides on a promotion calls
 * it before looking at the champion: the champion then stays what it is until the decision is committed.
 */
export async function lockPointer(tx: Tx, identifier: string): Promise<number> {
  await tx.$executeRaw`
    insert into pointers (identifier, version) values (${identifier}, 0) on conflict (identifier) do nothing`;
  const [row] = await tx.$queryRaw<{ version: number }[]>`
    select version from pointers where identifier = ${identifier} for update`;
  return row!.version;
}

/**
 * Appends a promotion and moves the pointers to it, in the caller's transaction.
 *
 * The identifier's pointer is locked first and the global one after it: promotions of one identifier stand in one
 * order, and so do those of all, which is the order of the root file. Timestamps follow that order even when the clock
 * does not.
 */
export async function promote(tx: Tx, candidate: AcceptedCandidate, by: Caller): Promise<Promotion> {
  const { identifier } = candidate;
  const version = (await lockPointer(tx, identifier)) + 1;
  await lockPointer(tx, globalPointer);
  const previous = await tx.promotion.findUnique({
    where: { identifier_version: { identifier, version: version - 1 } },
  });
  const [clock] = await tx.$queryRaw<{ now: Date }[]>`select clock_timestamp() as now`;
  const now = Math.max(clock!.now.getTime(), (previous?.created_at.getTime() ?? 0) + 1);
  const promotion = await tx.promotion.create({
    data: { ...candidate, version, replaces: previous?.id ?? null, created_at: new Date(now) },
  });
  await tx.pointer.update({ where: { identifier }, data: { version, promotion_id: promotion.id } });
  await tx.pointer.update({
    where: { identifier: globalPointer },
    data: { version: { increment: 1 }, promotion_id: promotion.id },
  });
  await tx.modelAlias.upsert({
    where: { name_alias: { name: identifier, alias: 'champion' } },
    create: { name: identifier, alias: 'champion', version: promotion.model_version },
    update: { version: promotion.model_version },
  });
  await tagPromoted(tx, promotion.run_id, previous?.run_id);
  await wantProjections(tx, buckets.promotion, pointerFiles(promotion));
  await publishNews(tx, { kind: 'promotion', identifier });
  await writeAudit(tx, by, {
    action: promotion.restores === null ? 'promotion.create' : 'promotion.rollback',
    subject: `/promotions/${promotion.id}`,
    before: previous && pointsAt(previous),
    after: pointsAt(promotion),
  });
  failpoint('promote_before_commit');
  return promotion;
}

/** What the pointer says while a promotion serves. */
function pointsAt({ identifier, version, model_version, sha256 }: Promotion) {
  return { identifier, version, model_version, sha256 };
}

async function tagPromoted(tx: Tx, runId: string, previousRunId: string | undefined): Promise<void> {
  if (previousRunId !== undefined)
    await tx.runTag.deleteMany({ where: { run_id: previousRunId, key: 'promoted' } });
  await tx.runTag.upsert({
    where: { run_id_key: { run_id: runId, key: 'promoted' } },
    create: { run_id: runId, key: 'promoted', value: 'true' },
    update: { value: 'true' },
  });
}

function pointerFiles({ id, identifier, config_hash, created_at }: Promotion) {
  return [
    { key: promotionKeys.root(), source: { type: 'root_pointer' } as const },
    {
      key: promotionKeys.identifier(identifier),
      source: { type: 'identifier_pointer', identifier } as const,
    },
    {
      key: promotionKeys.config(identifier, config_hash),
      source: { type: 'config_pointer', identifier, config_hash } as const,
    },
    {
      key: promotionKeys.history(identifier, config_hash, created_at.toISOString()),
      source: { type: 'promotion', id } as const,
    },
  ];
}
