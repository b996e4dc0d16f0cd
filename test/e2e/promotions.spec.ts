import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buckets, promotionKeys } from '../../src/contracts/object-keys.js';
import { CurrentPointer } from '../../src/contracts/pointer.js';
import { Promotion } from '../../src/contracts/promotion.js';
import { TrainOutput } from '../../src/contracts/steps/train.js';
import { globalPointer } from '../../src/engine/promote.js';
import { pointerDocument } from '../../src/engine/pointer-document.js';
import type { Failpoint } from '../../src/engine/failpoint.js';
import { freePort } from '../../src/local/free-port.js';
import { parseAnswer } from '../http/parse-answer.js';
import { gatewayClient, type GatewayClient } from './gateway-client.js';
import { smallRun } from './small-series.js';
import { testStack } from './stack.js';
import { until } from './until.js';

const stack = await testStack();
const { client, db } = stack;
const markers = mkdtempSync(path.join(tmpdir(), 'trainyard-promotions-'));
afterAll(() => rmSync(markers, { recursive: true }));

const identifiers = ['first', 'second'] as const;
/** After this time, files show what rows say. */
const lagMs = 5_000;
let versions: number[] = [];

beforeAll(async () => {
  const worker = await stack.startWorker();
  for (const identifier of identifiers) {
    const run = await client.ended(await client.trigger({ ...smallRun, identifier }));
    expect(run.state).toBe('SUCCEEDED');
    versions = ['train_gru', 'train_lstm', 'train_prophet'].map(
      (name) => TrainOutput.parse(run.steps.find((step) => step.name === name)?.outputs).model_version,
    );
  }
  await worker.stop();
});

interface Change {
  identifier: string;
  version: number;
  match?: number;
}

const promote = (at: GatewayClient, { identifier, version, match }: Change) =>
  at.call('/promotions', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(match !== undefined && { 'if-match': `"${match}"` }),
    },
    body: JSON.stringify({ identifier, model_version: version, reason: 'race', override_gates: true }),
  });

const historyOf = (identifier: string) =>
  db.promotion.findMany({ where: { identifier }, orderBy: { version: 'asc' } });
const fileOf = async (key: string): Promise<unknown> => {
  const { status, text } = await client.call(`/objects/${buckets.promotion}/${key}`);
  return status === 200 ? JSON.parse(text) : undefined;
};

/** Row, HTTP and every file of the last promotions agree, soon enough. */
async function expectAgreement(): Promise<void> {
  const began = performance.now();
  for (const identifier of identifiers) {
    const last = (await historyOf(identifier)).at(-1)!;
    const document = pointerDocument(last);
    expect(await client.read(`/promotions/current?identifier=${identifier}`, CurrentPointer)).toEqual(
      document,
    );
    expect(await db.pointer.findUnique({ where: { identifier } })).toMatchObject({
      version: last.version,
      promotion_id: last.id,
    });
    for (const key of [
      promotionKeys.identifier(identifier),
      promotionKeys.config(identifier, last.config_hash),
      promotionKeys.history(identifier, last.config_hash, document.timestamp),
    ]) {
      await until(`${key} shows version ${last.version}`, async () => {
        const shown = CurrentPointer.safeParse(await fileOf(key)).data;
        return shown?.promotion_id === last.id ? shown : undefined;
      });
    }
  }
  const root = await db.pointer.findUniqueOrThrow({
    where: { identifier: globalPointer },
    include: { promotion: true },
  });
  await until('the root file shows the newest of all', async () => {
    const shown = CurrentPointer.safeParse(await fileOf(promotionKeys.root())).data;
    return shown?.promotion_id === root.promotion_id;
  });
  expect(performance.now() - began).toBeLessThan(lagMs);
}

it('500 promotions from 8 clients at two gateways, half with If-Match, stand in one order', async () => {
  const identifier = 'first';
  const port = await freePort();
  const second = await stack.startGateway({ PORT: String(port) });
  const gateways = [client, gatewayClient(() => `http://127.0.0.1:${port}`)];
  const before = (await historyOf(identifier)).length;
  const accepted: string[] = [];
  let refused = 0;
  let left = 500;
  const work = async (number: number) => {
    const at = gateways[number % gateways.length]!;
    while (left-- > 0) {
      const version = versions[left % versions.length]!;
      const match =
        left % 2 === 0
          ? (await at.read(`/promotions/current?identifier=${identifier}`, CurrentPointer)).version
          : undefined;
      const answer = await promote(at, { identifier, version, match });
      if (answer.status === 201) {
        const promotion = parseAnswer(Promotion, answer);
        accepted.push(promotion.id);
        expect(promotion.model_version).toBe(version);
        if (match !== undefined) expect(promotion.version).toBe(match + 1);
      } else {
        expect([answer.status, match === undefined], answer.text).toEqual([409, false]);
        const { current } = JSON.parse(answer.text) as { current: CurrentPointer };
        expect(current.version).toBeGreaterThan(match!);
        refused += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, number) => work(number)));

  expect(accepted.length + refused).toBe(500);
  expect(refused).toBeGreaterThan(0);
  const history = (await historyOf(identifier)).slice(before);
  expect(new Set(history.map(({ id }) => id))).toEqual(new Set(accepted));
  expect(history.map(({ version }) => version)).toEqual(history.map((_, i) => before + 1 + i));
  for (const [i, { replaces, created_at }] of history.entries()) {
    if (i === 0) continue;
    expect(replaces).toBe(history[i - 1]!.id);
    expect(created_at.getTime()).toBeGreaterThan(history[i - 1]!.created_at.getTime());
  }
  await expectAgreement();
  await second.stop();
});

it('two identifiers promoted at once leave one root file, of the newer one', async () => {
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const identifier = identifiers[i % 2]!;
        const answer = await promote(client, { identifier, version: versions[(i + round) % 3]! });
        expect(answer.status, answer.text).toBe(201);
      }),
    );
    await expectAgreement();
  }
});

describe('a gateway that is killed over a promotion', () => {
  let gateway = stack.gateway;

  it.each<[Failpoint, number]>([
    ['promote_before_commit', 0],
    ['promote_after_commit', 1],
    ['between_projections', 1],
    ['after_projections', 1],
  ])('at %s has made it or not, and files agree with rows', async (point, made) => {
    const identifier = 'first';
    const before = (await historyOf(identifier)).length;
    await gateway.kill();
    const environment = { TRAINYARD_FAILPOINT: `${point}@${path.join(markers, point)}` };
    gateway = await stack.startGateway(environment);
    const body = { identifier, model_version: versions[0], reason: 'killed', override_gates: true };
    await fetch(`${client.url()}/promotions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).catch(() => {});
    expect(await gateway.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await historyOf(identifier)).toHaveLength(before + made);
    gateway = await stack.startGateway();
    await expectAgreement();
    const requests = await db.promotionRequest.count({
      where: { identifier, verdict: 'accepted', promotion: null },
    });
    expect(requests).toBe(0);
  });
});
