import { expect, it } from 'vitest';
import { PredictAnswer } from '../../src/contracts/predict.js';
import { TrainOutput } from '../../src/contracts/steps/train.js';
import { parseAnswer } from '../http/parse-answer.js';
import { smallRun, smallSeries } from './small-series.js';
import { testStack } from './stack.js';
import { until } from './until.js';

const { client, testWorker } = await testStack();

const identifier = 'swapped';
const swaps = 100;
const MiB = 1_048_576;

/** An answer, and when it was asked for and came, on the clock of this process. */
interface Seen {
  version: number;
  asked: number;
  answered: number;
}

/** From when until when the pointer may have named a version: a promotion's answer comes after it counts. */
interface Reign {
  version: number;
  from: number;
  to: number;
}

const [, header, ...rows] = ['', ...smallSeries().split('\n')];
const history = rows.slice(0, 6).map((line) => line.split(','));
const data = Object.fromEntries(
  header!
    .split(',')
    .map((name, i) => [name, history.map((cells) => (i === 0 ? cells[i] : Number(cells[i])))]),
);

async function memory(): Promise<number> {
  const { text } = await client.call('/metrics');
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
}

it('a hundred swaps under load fail no answer, name no version that was not current, and leave no memory behind', async () => {
  await testWorker();
  const run = await client.ended(await client.trigger({ ...smallRun, identifier }));
  const versions = ['train_gru', 'train_lstm'].map(
    (name) => TrainOutput.parse(run.steps.find((step) => step.name === name)?.outputs).model_version,
  );
  const reigns: Reign[] = [{ version: 0, from: 0, to: Infinity }];
  const promote = async (version: number) => {
    const from = performance.now();
    const body = { identifier, model_version: version, reason: 'swap', override_gates: true };
    const answer = await client.post('/promotions', body);
    expect(answer).toMatchObject({ status: 201 });
    reigns.at(-1)!.to = performance.now();
    reigns.push({ version, from, to: Infinity });
  };
  await promote(versions[0]!);

  const seen: Seen[] = [];
  const stopping = new AbortController();
  const ask = async () => {
    while (!stopping.signal.aborted) {
      const asked = performance.now();
      const answer = await client.post('/predict', { identifier, data });
      expect(answer).toMatchObject({ status: 200 });
      const { model_version } = parseAnswer(PredictAnswer, answer);
      seen.push({ version: model_version, asked, answered: performance.now() });
    }
  };
  const clients = Promise.all(Array.from({ length: 8 }, ask));
  // A client that fails is heard at the end, not as a rejection that nobody waits for.
  clients.catch(() => stopping.abort());
  const memories: number[] = [];
  try {
    for (let swap = 1; swap <= swaps && !stopping.signal.aborted; swap++) {
      const version = versions[swap % 2]!;
      await promote(version);
      await until(
        `version ${version} answers`,
        () => stopping.signal.aborted || seen.at(-1)?.version === version,
      );
      if (swap === 10 || swap === swaps) memories.push(await memory());
    }
  } finally {
    stopping.abort();
    await clients;
  }

  expect(reigns).toHaveLength(swaps + 2);
  const strangers = seen.filter(
    ({ version, asked, answered }) =>
      !reigns.some(
        (reign) => reign.version === version && reign.from <= answered && reign.to >= asked - 1_000,
      ),
  );
  expect(strangers).toEqual([]);
  const [after10, after100] = memories;
  expect(after100! - after10!).toBeLessThan(50 * MiB);
});
