import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../../../../src/platform/database/database.js';
import type { TestRun } from '../../../factories/run.js';
import { applyOperation } from './apply-operation.js';
import { chooseOperations, type KnownClaim } from './choose-operation.js';
import { type Done, explain } from './explain.js';
import { checkInvariants } from './invariants.js';
import { type ModelRun, newModel, type StepName, stepNames, trainerNames } from './model-run.js';
import { observe } from './observe.js';
import type { EndingName, Operation } from './operation.js';
import { type Played, prepareOperation } from './prepare-operation.js';
import type { Program, Round } from './program.js';
import { shapeOfModel, shapeOfRows } from './shape.js';

/** A run on PostgreSQL and the model of it, which are taken through the same operations. */
export class DrivenRun {
  private model: ModelRun = newModel();
  private readonly claims: KnownClaim[] = [];
  private readonly played: Played;
  private claimed = 0;

  constructor(
    private readonly db: Database,
    private readonly run: TestRun,
  ) {
    this.played = { db, run, attempts: new Map() };
  }

  /** Takes the run to where the program begins. */
  async begin(beginning: Program['beginning']): Promise<void> {
    const succeed = (...steps: StepName[]) => this.begun(steps, 'SUCCEEDED');
    if (beginning === 'created') return;
    await succeed('preprocess');
    if (beginning === 'preprocessed') return;
    if (beginning === 'training') return this.begun(trainerNames);
    if (beginning === 'one trainer lost') {
      await this.begun(['train_prophet'], 'PERMANENT');
      return this.begun(['train_gru', 'train_lstm']);
    }
    await succeed(...trainerNames);
    if (beginning === 'evaluating') return this.begun(['evaluate']);
    await succeed('evaluate');
    return this.begun(['infer']);
  }

  /** Does everything of a round at once, and finds an order that explains what came of it. */
  async round({ lapses, due, wishes }: Round): Promise<void> {
    await this.lapse(lapses);
    if (due) await this.due();
    const operations = wishes.flatMap((wish) =>
      chooseOperations(this.model, this.claims, wish, () => ++this.claimed),
    );
    if (operations.length === 0) return;
    const prepared = [];
    for (const operation of operations) prepared.push(await prepareOperation(this.played, operation));
    const done = await Promise.all(
      prepared.map(async (perform, index): Promise<Done> => {
        const answer = await perform();
        return { operation: operations[index]!, answer };
      }),
    );
    done.forEach((one) => this.remember(one));
    await this.compare(done);
    await this.holdBack();
  }

  /** What is left open must not be found by the next run's reconciler. */
  async abandon(): Promise<void> {
    await this.db.$executeRaw`
      update steps set lease_expires_at = '2999-01-01' where run_id = ${this.run.id}::uuid`;
  }

  private async begun(steps: readonly StepName[], ending?: EndingName): Promise<void> {
    for (const step of steps) {
      const claim = ++this.claimed;
      await this.alone({ kind: 'claim', step, attempt: this.model.steps[step].attempt, claim });
      if (!ending) continue;
      const pointerSeen = this.model.promotions.length;
      await this.alone({ kind: 'finish', claim, step, ending, accepted: true, pointerSeen });
    }
  }

  private async alone(operation: Operation): Promise<void> {
    const perform = await prepareOperation(this.played, operation);
    const answer = await perform();
    const after = applyOperation(this.model, operation, answer);
    if (!after) throw new Error(`${JSON.stringify(operation)} was refused at the beginning`);
    this.model = after;
    this.remember({ operation, answer });
  }

  private remember({ operation, answer }: Done): void {
    if (operation.kind !== 'claim' || answer !== 'won') return;
    const { claim, step } = operation;
    this.claims.push({ claim, step });
  }

  private async compare(done: readonly Done[]): Promise<void> {
    const rows = await observe(this.db, this.run.id, this.run.identifier);
    checkInvariants(rows);
    const tokens = new Map([...this.played.attempts].map(([claim, { lease }]) => [lease.lease_token, claim]));
    const found = shapeOfRows(rows, (token) => tokens.get(token));
    const after = explain(this.model, done, (model) => isDeepStrictEqual(shapeOfModel(model), found));
    if (!after) {
      throw new Error(
        `No order explains what came of ${JSON.stringify(done, null, 1)}\n` +
          `before: ${JSON.stringify(shapeOfModel(this.model))}\nafter: ${JSON.stringify(found)}`,
      );
    }
    this.model = after;
  }

  private async lapse(lapses: readonly number[]): Promise<void> {
    const held = this.claims.filter(({ claim, step }) => this.model.steps[step].claim === claim);
    for (const which of held.length > 0 ? lapses : []) {
      const { claim, step } = held[which % held.length]!;
      await this.played.attempts.get(claim)!.lapse();
      this.model.steps[step].lapsed = true;
    }
  }

  private async due(): Promise<void> {
    const waiting = stepNames.filter((name) => this.model.steps[name].backOff === 'old');
    if (waiting.length === 0) return;
    await this.db.step.updateMany({ where: { run_id: this.run.id }, data: { not_before: null } });
    for (const name of waiting) this.model.steps[name].backOff = 'none';
  }

  /** Real time must not make due what the model still has waiting. */
  private async holdBack(): Promise<void> {
    const waiting = stepNames.filter((name) => this.model.steps[name].backOff === 'new');
    if (waiting.length === 0) return;
    const not_before = new Date('2999-01-01');
    const where = { run_id: this.run.id, name: { in: waiting } };
    await this.db.step.updateMany({ where, data: { not_before } });
    for (const name of waiting) this.model.steps[name].backOff = 'old';
  }
}
