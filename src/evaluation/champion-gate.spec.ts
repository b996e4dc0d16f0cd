import { beforeAll, describe, expect, it } from 'vitest';
import { frameOf } from '../../test/factories/frame.js';
import { storeTinyModel, type TinyModel, tinyModel } from '../../test/factories/tiny-model.js';
import { temporaryStore } from '../../test/temporary-store.js';
import { defaultScoreWeights } from '../contracts/score-weights.js';
import { type GatePolicy, presetGatePolicy } from '../contracts/gate-policy.js';
import type { Champion } from '../contracts/steps/evaluate.js';
import { windowOrigins } from '../ml/window-origins.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import type { HeldOut } from './held-out.js';
import { championGate } from './champion-gate.js';
import { loadModel } from './loaded-model.js';

const [start, minute] = [Date.UTC(2024, 0, 1), 60_000];
const at = (row: number) => new Date(start + row * minute).toISOString();

/** 100 rows of a line that rises by 1 a row: a tiny model of offset 1 is always right, of offset 1 + e wrong by e. */
function heldOut(overrides: Partial<HeldOut> = {}): HeldOut {
  const line = Array.from({ length: 100 }, (_, row) => row);
  const frame = frameOf({ down: line, up: line }, { start, stepMs: minute });
  const horizon = overrides.horizon ?? 1;
  const origins = windowOrigins(frame, ['down'], 2, horizon);
  return { frame, targets: ['down'], horizon, origins, scales: [2], ...overrides };
}

let store: ObjectStore;
beforeAll(async () => {
  store = await temporaryStore();
});

type ChampionSettings = Parameters<typeof storeTinyModel>[1];

async function championOf(settings: ChampionSettings): Promise<Champion> {
  const refs = await storeTinyModel(store, settings);
  const named = {
    identifier: 'run-001',
    model_version: 7,
    run_id: 'r',
    config_hash: 'c',
    pointer_version: 1,
  };
  return { ...named, model_type: 'LSTM', ...refs };
}

/** The gate's word on a challenger. */
async function gateOf(
  challenger: Partial<TinyModel>,
  champion: Champion | null,
  rows = heldOut(),
  policy: Partial<GatePolicy['champion']> = {},
) {
  const { model } = await loadModel(store, await storeTinyModel(store, challenger));
  const gate = await championGate(store, model!, champion, rows, {
    weights: defaultScoreWeights,
    policy: { ...presetGatePolicy.champion, ...policy },
  });
  await model!.session.release();
  return gate;
}

const judge = async (
  challenger: Partial<TinyModel>,
  champion: ChampionSettings,
  rows?: HeldOut,
  policy?: Partial<GatePolicy['champion']>,
) => gateOf(challenger, await championOf(champion), rows, policy);

/** Of a forecast that is always wrong by `error`, on a scale of 2. */
const scoreOf = (error: number) => 0.5 * (error / 2) + 0.3 * (error / 2) + 0.2 * (error / 2) ** 2;

describe('the gate "not worse than the champion"', () => {
  it('passes the first model', async () => {
    expect(await gateOf({}, null)).toEqual({
      name: 'not_worse_than_champion',
      verdict: 'passed',
      inputs: {},
      message: 'nothing was promoted before',
    });
  });

  it('passes a better one, scored on the same rows and the same scale', async () => {
    const gate = await judge({ offset: 1.5 }, { offset: 3 });
    expect(gate).toMatchObject({
      verdict: 'passed',
      inputs: { champion_version: 7, champion_type: 'LSTM', windows: 98 },
    });
    expect(gate.inputs.score).toBeCloseTo(scoreOf(0.5), 12);
    expect(gate.inputs.champion_score).toBeCloseTo(scoreOf(2), 12);
  });

  it('passes one that is as good, and fails a worse one', async () => {
    expect(await judge({ offset: 3 }, { offset: 3 })).toMatchObject({
      verdict: 'passed',
      inputs: { better_percent: 0 },
      message: 'as good as the champion on the same rows',
    });
    expect(await judge({ offset: 3.001 }, { offset: 3 })).toMatchObject({
      verdict: 'failed',
      message: 'worse than the champion on the same rows by -0.06 % (95 %: -0.06 to -0.06)',
    });
  });

  it('lets it be a little worse where the policy does', async () => {
    const worse = (by_percent: number) => judge({ offset: 3.1 }, { offset: 3 }, undefined, { by_percent });
    expect(await worse(5)).toMatchObject({ verdict: 'failed', inputs: { by_percent: 5 } });
    expect(await worse(10)).toMatchObject({ verdict: 'passed' });
  });

  it('wants it better by so much where the policy does, and then is called so', async () => {
    const better = (by_percent: number, offset = 2.9) =>
      judge({ offset }, { offset: 3 }, undefined, { rule: 'better', by_percent });
    const name = 'better_than_champion';
    expect(await better(0)).toMatchObject({ name, verdict: 'passed' });
    expect(await better(10)).toMatchObject({ name, verdict: 'failed' });
    expect(await judge({ offset: 3 }, { offset: 3 }, undefined, { rule: 'better' })).toMatchObject({
      name,
      verdict: 'failed',
    });
  });

  it('wants to be sure where the policy does', async () => {
    // The line, with a jump up in the middle: the champion is right there alone, and wrong everywhere else.
    const jump = Array.from({ length: 100 }, (_, row) => row + (row >= 50 ? 30 : 0));
    const rows = heldOut({ frame: frameOf({ down: jump, up: jump }, { start, stepMs: minute }) });
    const [challenger, champion] = [{ offset: 1 }, { offset: 2 }];
    const unsure = await judge(challenger, champion, rows, { rule: 'better' });
    expect(unsure).toMatchObject({ verdict: 'passed' });
    expect(unsure.inputs.low_percent).toBeLessThan(unsure.inputs.better_percent as number);
    const by_percent = (unsure.inputs.better_percent as number) - 0.01;
    expect(await judge(challenger, champion, rows, { rule: 'better', by_percent })).toMatchObject({
      verdict: 'passed',
    });
    expect(await judge(challenger, champion, rows, { rule: 'better', by_percent, sure: true })).toMatchObject(
      {
        verdict: 'failed',
        message: expect.stringContaining('that is not sure enough'),
      },
    );
  });

  it('fails one without a finite score, and passes any against a champion without one', async () => {
    // Finite on the example's small numbers, but not squared over the held-out rows.
    const huge = { offset: 1e200 };
    expect(await judge(huge, { offset: 3 })).toMatchObject({ verdict: 'failed', inputs: { score: null } });
    expect(await judge({ offset: 3 }, huge)).toMatchObject({
      verdict: 'passed',
      inputs: { champion_score: null },
    });
  });

  it.each([
    ['forecasts something else', { targets: ['up'] }, 'the champion forecasts up'],
    ['steps by another time', { stepMs: 3_600_000 }, 'the champion steps by 3600 s'],
    ['forecasts another horizon', { horizon: 2 }, 'the champion forecasts 2 rows at once'],
    [
      'needs columns that are gone',
      { columns: ['down', 'left', 'right'] },
      'the champion needs columns that are not there: left, right',
    ],
    [
      'does not answer its example',
      { bytes: tinyModel({ offset: 1 }) },
      'the champion does not run any more: the model answers 2 where its example has 1',
    ],
    [
      'is no model',
      { bytes: Buffer.from('damaged') },
      expect.stringContaining('the champion does not run any more'),
    ],
  ])('does not compare with a champion that %s', async (_, champion, message) => {
    expect(await judge({}, champion)).toMatchObject({
      verdict: 'not_comparable',
      inputs: { champion_version: 7 },
      message,
    });
  });

  it('does not compare with a champion that was imported, which is no forecaster', async () => {
    const champion = await championOf({});
    expect(await gateOf({}, { ...champion, model_type: 'ONNX' })).toEqual({
      name: 'not_worse_than_champion',
      verdict: 'not_comparable',
      inputs: { champion_version: 7, champion_type: 'ONNX' },
      message: 'the champion was imported: it takes records and forecasts no series',
    });
  });

  it('does not compare with a champion whose bytes are gone', async () => {
    const champion = await championOf({});
    const model = { ...champion.model, key: 'sha256/gone' };
    expect(await gateOf({}, { ...champion, model })).toMatchObject({
      verdict: 'not_comparable',
      message: expect.stringContaining('the champion does not run any more'),
    });
  });

  it.each([
    ['the champion', {}, { trained: { from: at(0), to: at(49) } }, 50],
    ['the challenger', { trained: { from: at(90), to: at(200) } }, {}, 88],
    [
      'either of them',
      { trained: { from: at(90), to: at(200) } },
      { trained: { from: at(0), to: at(49) } },
      40,
    ],
    ['one of them in the middle', {}, { trained: { from: at(20), to: at(29) } }, 88],
  ])('leaves out rows that %s was trained on', async (_, challenger, champion, windows) => {
    const gate = await judge({ offset: 1.5, ...challenger }, { offset: 3, ...champion });
    expect(gate).toMatchObject({ verdict: 'passed', inputs: { windows } });
  });

  it('leaves out a window when any row of its horizon was trained on', async () => {
    const trained = { from: at(20), to: at(29) };
    const gate = await judge({ horizon: 3 }, { horizon: 3, trained }, heldOut({ horizon: 3 }));
    expect(gate).toMatchObject({ verdict: 'passed', inputs: { windows: 96 - 12 } });
  });

  it('needs 30 windows that are new to both, or as many as the policy says', async () => {
    const after = (row: number) => ({ trained: { from: at(0), to: at(row) } });
    expect(await judge({}, after(69))).toMatchObject({ verdict: 'passed', inputs: { windows: 30 } });
    expect(await judge({}, after(70))).toMatchObject({
      verdict: 'not_comparable',
      inputs: { windows: 29 },
      message: 'only 29 held-out windows are new to both models',
    });
    expect(await judge({}, after(70), undefined, { min_windows: 29 })).toMatchObject({ verdict: 'passed' });
  });

  it('gives the model that needs more history its rows', async () => {
    expect(await judge({ rows: 2 }, { rows: 40 })).toMatchObject({ inputs: { windows: 60 } });
  });
});
