import { once } from 'node:events';
import os from 'node:os';
import { Readable } from 'node:stream';
import { AppError } from '../contracts/app-error.js';
import type { JudgeReply, JudgeTask } from '../contracts/judge-task.js';
import { toStepError } from '../contracts/step-error.js';
import { score } from '../ml/score.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { loadHeldOut } from './held-out.js';
import type { JudgeMessage } from './judge-in-process.js';
import { type CommonRows, judgeForecaster } from './judge-forecaster.js';
import { measureNaive } from './measure-baselines.js';

// The entry of a process that judges one forecaster and ends. Its gateway answers requests meanwhile, which come first.

os.setPriority(os.constants.priority.PRIORITY_BELOW_NORMAL);
// The gateway is gone, and with it whoever would hear the verdicts.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
const [{ task, bytes }] = (await once(process, 'message')) as [JudgeMessage];

/** What the gateway has read of its store: this process knows no other. */
const store: Pick<ObjectStore, 'get'> = {
  get(_, key) {
    const body = bytes.get(key);
    if (!body) return Promise.reject(new AppError('not_found', `there is no object ${key}`));
    const info = { size: body.length, etag: key, contentType: '', lastModified: new Date(0) };
    return Promise.resolve({ info, body: Readable.from([Buffer.from(body)]) });
  },
};

const reply = await judge(task).catch((error: unknown): JudgeReply => ({ error: toStepError(error) }));
process.send?.(reply, () => process.disconnect());

async function judge({ challenger, champion, measured, weights, policy }: JudgeTask): Promise<JudgeReply> {
  const rows = await rowsOf(measured, weights);
  return { gates: await judgeForecaster(store, { challenger, champion, rows, weights, policy }) };
}

async function rowsOf(
  measured: JudgeTask['measured'],
  weights: JudgeTask['weights'],
): Promise<CommonRows | undefined> {
  if (!measured) return undefined;
  const { preprocess, parameters } = measured;
  try {
    const heldOut = await loadHeldOut(store, preprocess, parameters);
    return { heldOut, naiveScore: score(measureNaive(heldOut, preprocess.fitted).metrics, weights) };
  } catch (error) {
    if (error instanceof AppError && ['not_found', 'invalid_data'].includes(error.code)) return undefined;
    throw error;
  }
}
