import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../contracts/app-error.js';
import { type Gate, unapproved } from '../../contracts/gate.js';
import type { GatePolicy } from '../../contracts/gate-policy.js';
import { importedType } from '../../contracts/imported-manifest.js';
import type { Champion } from '../../contracts/steps/evaluate.js';
import { findChampion } from '../../engine/champion.js';
import type { Judgement } from '../../engine/decide-promotion.js';
import { effectiveGates } from '../../engine/gates.js';
import { judgeInProcess } from '../../evaluation/judge-in-process.js';
import type { RequestLimits } from '../../http/request-limits.js';
import { DATABASE, STORE } from '../../http/resources.module.js';
import { byDeadline } from '../../platform/by-deadline.js';
import { canonicalJson } from '../../platform/canonical-json.js';
import type { Database } from '../../platform/database/database.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';
import { turns } from '../../platform/turns.js';
import { ServingService } from '../serving/serving.service.js';
import type { Candidate } from './find-candidate.js';
import { judgeImported } from './judge-imported.js';
import { runsItsExample } from './runs-its-example.js';

/** To load two models, and to run both on all held-out rows. */
const patienceMs = 120_000;
/** What was found out stays true: neither models nor rows change. Not for ever: how fast a model is may. */
const keptMs = 60_000;
const mostKept = 100;

/** Finds out whether a candidate keeps the conditions for a promotion. */
@Injectable()
export class JudgeService {
  /** One process at a time: it takes a processor for seconds. */
  private readonly inTurn = turns(1);
  private readonly kept = new Map<string, { gates: Promise<Gate[]>; at: number }>();

  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(STORE) private readonly store: ObjectStore,
    private readonly serving: ServingService,
  ) {}

  /**
   * Judges a candidate against what serves now. It is loaded as well, and stays so: the pointer never names what cannot
   * serve, and what is promoted answers at once.
   *
   * @throws AppError `unavailable` when it cannot be found out now; `deadline_exceeded`
   */
  async judge(candidate: Candidate, limits: RequestLimits): Promise<Judgement> {
    const { served, figures, pipeline } = candidate;
    const { identifier } = served;
    const champion = await findChampion(this.db, identifier);
    const { policy } = await effectiveGates(this.db, { identifier, pipeline });
    const example = await runsItsExample(this.serving, served, limits);
    const judged =
      served.model_type === importedType
        ? await judgeImported(this.serving, candidate, { policy, example, limits })
        : await this.judgeForecaster(candidate, champion, policy, limits);
    const gates = judged.map((gate) => (gate.name === example.name ? example : gate));
    if (policy.manual_approval) gates.push(unapproved);
    return { gates, policy, champion: champion?.model_version ?? null, figures };
  }

  /** Several who ask for the same at once wait for one process. */
  private async judgeForecaster(
    { served, metrics, figures, measured }: Candidate,
    champion: Champion | null,
    policy: GatePolicy,
    { deadline }: RequestLimits,
  ): Promise<Gate[]> {
    const { weights } = figures;
    const key = createHash('sha256')
      .update(canonicalJson([served, champion && { ...champion, pointer_version: 0 }, policy, weights]))
      .digest('hex');
    let found = this.kept.get(key);
    if (!found || performance.now() - found.at > keptMs) {
      const task = { challenger: { ...served, metrics }, champion, measured, weights, policy };
      const gates = this.inTurn(() => judgeInProcess(this.store, task, patienceMs));
      found = { gates, at: performance.now() };
      this.keep(key, found);
      // What could not be found out is tried again by the next one.
      gates.catch(() => this.kept.delete(key));
    }
    return byDeadline(found.gates, deadline, () => {
      return new AppError('deadline_exceeded', 'the model was not judged by the deadline of the request');
    });
  }

  private keep(key: string, judged: { gates: Promise<Gate[]>; at: number }): void {
    this.kept.delete(key);
    this.kept.set(key, judged);
    const [oldest] = this.kept.keys();
    if (this.kept.size > mostKept && oldest !== undefined) this.kept.delete(oldest);
  }
}
