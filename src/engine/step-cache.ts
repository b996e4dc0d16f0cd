import { createHash } from 'node:crypto';
import { AppError } from '../contracts/app-error.js';
import type { ArtifactRef } from '../contracts/artifact-ref.js';
import { type CacheInputs, StepCacheRecord } from '../contracts/step-cache.js';
import { Prisma } from '../generated/prisma/client.js';
import type { Database, Tx } from '../platform/database/database.js';
import { inTransaction } from '../platform/database/transaction.js';
import { findDamage } from '../platform/object-store/content-address.js';
import { ObjectDigests } from '../platform/object-store/object-digests.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { canonicalJson } from '../platform/canonical-json.js';
import { inputContext } from './input-context.js';
import { LockedRun } from './locked-run.js';
import { findStepPlan } from './pipelines/pipelines.js';
import type { AnyStepPlan, InputContext } from './plan.js';
import { isHandedOut } from './paused-kinds.js';
import { mayBegin, type RunLimit } from './run-limit.js';
import { settle } from './settle.js';
import { artifactsOf } from './step-artifacts.js';
import { StepOutputs } from './step-outputs.js';
import type { StepRef } from './step-ref.js';

/** What stands in the row of a step that could have been reused. */
export interface CacheEntry {
  /** Null when it is not known what decides the result: it will not be reused. */
  key: string | null;
  record: StepCacheRecord;
}

/** An earlier step whose bytes are all there. */
interface Reusable {
  run_id: string;
  outputs: Prisma.JsonValue;
  artifacts: ArtifactRef[];
  /** The version of the identifier's model that it registered, if it trained one. */
  model_version: number | null;
}

/** How many earlier steps are looked at when the bytes of the newest are damaged. */
const mostCandidates = 3;

/** Finds earlier steps that had the same determinants, within one identifier, and lets them stand for new ones. */
export class StepCache {
  private readonly digests: ObjectDigests;

  constructor(
    private readonly db: Database,
    private readonly store: ObjectStore,
    /** Of the code: the same inputs and another build may give another result. */
    private readonly build: string,
  ) {
    this.digests = new ObjectDigests(store);
  }

  /**
   * Reads what decides the step's result, looks for a step that had the same, and reads its bytes through. Takes as
   * long as those are large, and holds no lock meanwhile. What goes wrong here costs a reuse, not the step.
   */
  async ask(
    plan: AnyStepPlan,
    context: InputContext,
  ): Promise<{ entry: CacheEntry; found?: Reusable } | undefined> {
    if (!plan.determinants) return undefined;
    const { values, files, off } = plan.determinants(context);
    const inputs: CacheInputs = { build: this.build, ...values };
    const entry = (key: string | null, outcome: StepCacheRecord['outcome'], note?: string) => ({
      key,
      record: { inputs, outcome, note: note ?? null },
    });
    try {
      for (const [name, file] of Object.entries(files)) inputs[name] = await this.digests.of(file);
      const key = keyOf(context.run.identifier, plan.type, inputs);
      if (off !== undefined) return { entry: entry(key, 'off', off) };
      const { found, damage } = await this.find(plan, context.run.identifier, key);
      if (found) return { entry: entry(key, 'reused'), found };
      return { entry: entry(key, damage === undefined ? 'none' : 'damaged', damage) };
    } catch (error) {
      // A file that is not there, or a store that is away, is for the step itself to say.
      if (!(error instanceof AppError)) throw error;
      return { entry: entry(null, 'unknown', error.message) };
    }
  }

  /**
   * Lets `found` stand for the queued attempt `ref`.
   *
   * The run's lock decides between two workers that were given the same job, and between this and a cancel. The rows of
   * the earlier step, of its bytes and of the version that it trained are locked until they are referred to: whoever
   * deletes them either comes before, and then nothing is written here, or finds the reference.
   *
   * @returns false when there was nothing to do, or nothing to reuse, any more
   */
  async reuse(
    ref: StepRef,
    entry: CacheEntry,
    found: Reusable,
    actor: string,
    limit?: RunLimit,
  ): Promise<boolean> {
    return inTransaction(this.db, (tx) =>
      LockedRun.change(tx, ref.run_id, async (run) => {
        if (!isDue(run, ref)) return false;
        // As at a claim: a paused kind goes nowhere, and a run may have to wait for others of its identifier.
        if (run.row.state === 'PENDING' && !(await mayBegin(tx, run.row, limit))) return false;
        const handedOut = await tx.$queryRaw<unknown[]>`
          select 1 from steps s where s.run_id = ${ref.run_id}::uuid and s.name = ${ref.step} and ${isHandedOut}`;
        if (handedOut.length === 0) return false;
        const digests = [...new Set(found.artifacts.map(({ sha256 }) => sha256))].sort();
        const source = await tx.$queryRaw<unknown[]>`
          select 1 from steps where run_id = ${found.run_id}::uuid and cache_key = ${entry.key} for key share`;
        const held = await tx.$queryRaw<unknown[]>`
          select 1 from artifacts where sha256 = any(${digests}) and swept_at is null
          order by sha256 for share`;
        if (source.length === 0 || held.length < digests.length) return false;
        if (!(await holdVersion(tx, run.row.identifier, found.model_version))) return false;
        if (run.row.state === 'PENDING') await run.moveRun('RUNNING', { actor }, { started_at: run.now });
        await run.moveStep(
          ref.step,
          'SUCCEEDED',
          { actor, reason: `reused from run ${found.run_id}` },
          {
            outputs: found.outputs ?? Prisma.DbNull,
            cached_from_run_id: found.run_id,
            cache_key: entry.key,
            cache: entry.record,
            started_at: run.now,
            ended_at: run.now,
          },
        );
        await tx.runArtifact.createMany({
          data: digests.map((sha256) => ({ run_id: ref.run_id, sha256 })),
          skipDuplicates: true,
        });
        await settle(run, actor);
        return true;
      }),
    );
  }

  private async find(
    plan: AnyStepPlan,
    identifier: string,
    key: string,
  ): Promise<{ found?: Reusable; damage?: string }> {
    // The run that did the work, before those that reused it; of several the newest. A training whose version was
    // archived or deleted is done again: nothing could be promoted of it.
    const candidates = await this.db.$queryRaw<Omit<Reusable, 'artifacts'>[]>`
      select run_id::text, outputs, (outputs->>'model_version')::int as model_version from steps
      where cache_key = ${key} and type = ${plan.type} and state = 'SUCCEEDED'
        and (outputs->>'model_version' is null or exists (
          select 1 from model_versions v
          where v.name = ${identifier} and v.version = (outputs->>'model_version')::int and v.archived_at is null))
      order by (cached_from_run_id is null) desc, ended_at desc limit ${mostCandidates}`;
    let damage: string | undefined;
    for (const { run_id, outputs, model_version } of candidates) {
      const artifacts = artifactsOf(plan.type, outputs);
      const found = await this.firstDamage(artifacts);
      if (found === undefined) return { found: { run_id, outputs, artifacts, model_version } };
      damage ??= `of run ${run_id}: ${found}`;
    }
    return { damage };
  }

  private async firstDamage(artifacts: readonly ArtifactRef[]): Promise<string | undefined> {
    for (const artifact of artifacts) {
      const damage = await findDamage(this.store, artifact);
      if (damage !== undefined) return damage;
    }
    return undefined;
  }
}

/** Locks the version that a reused step registered. @returns false when it was archived or deleted */
async function holdVersion(tx: Tx, name: string, version: number | null): Promise<boolean> {
  if (version === null) return true;
  const held = await tx.$queryRaw<unknown[]>`
    select 1 from model_versions where name = ${name} and version = ${version} and archived_at is null for share`;
  return held.length > 0;
}

/** For a step whose reuse came too late. */
export function sweptMeanwhile({ key, record }: CacheEntry): CacheEntry {
  return { key, record: { ...record, outcome: 'damaged', note: 'what it made was deleted meanwhile' } };
}

/** The attempt waits to be claimed, and its time has come. */
export function isDue(run: LockedRun, ref: StepRef): boolean {
  const { state, attempt, not_before } = run.step(ref.step);
  return state === 'QUEUED' && attempt === ref.attempt && (not_before === null || not_before <= run.now);
}

/**
 * Takes the key away from a step that read other bytes than it was asked about: a file was replaced in between, and
 * the result belongs to the new one.
 */
export async function forgetWhatChanged(run: LockedRun, name: string): Promise<void> {
  const { cache, cache_key, attempt } = run.step(name);
  if (cache_key === null) return;
  const { inputs } = StepCacheRecord.parse(cache);
  const plan = findStepPlan(run.row.pipeline, name);
  const determinants = plan.determinants?.(inputContext(run.tx, run, attempt));
  const read = determinants?.filesRead?.(new StepOutputs(run.steps)) ?? {};
  if (Object.entries(read).every(([file, sha256]) => inputs[file] === sha256)) return;
  await run.tx.step.update({
    where: { run_id_name: { run_id: run.row.id, name } },
    data: { cache_key: null },
  });
}

function keyOf(identifier: string, type: string, inputs: CacheInputs): string {
  return createHash('sha256').update(canonicalJson({ identifier, type, inputs })).digest('hex');
}
