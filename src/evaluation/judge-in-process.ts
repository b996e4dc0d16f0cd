import { fork } from 'node:child_process';
import path from 'node:path';
import { AppError } from '../contracts/app-error.js';
import type { ArtifactRef } from '../contracts/artifact-ref.js';
import type { Gate } from '../contracts/gate.js';
import { JudgeReply, type JudgeTask } from '../contracts/judge-task.js';
import { getVerified } from '../platform/object-store/content-address.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { projectRoot } from '../platform/project-root.js';

const entry = path.join(projectRoot(), 'dist/src/evaluation/judge-process.js');

/** The one message to the process. */
export interface JudgeMessage {
  task: JudgeTask;
  /** By key; what is gone or damaged is left out. */
  bytes: ReadonlyMap<string, Uint8Array>;
}

/**
 * Judges a forecaster in a process of its own, which can be killed: what is judged may hang.
 *
 * @param patienceMs after which it is killed
 * @throws AppError `unavailable` when the store cannot be reached, or the process ends without verdicts or in time
 */
export async function judgeInProcess(
  store: Pick<ObjectStore, 'get'>,
  task: JudgeTask,
  patienceMs: number,
): Promise<Gate[]> {
  const message: JudgeMessage = { task, bytes: await readAll(store, artifactsOf(task)) };
  // `advanced` keeps typed arrays and maps; nothing of our environment is of use to it.
  const child = fork(entry, [], {
    serialization: 'advanced',
    execArgv: [],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const late = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  try {
    const reply = await new Promise<unknown>((resolve, reject) => {
      child.once('message', resolve);
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`it ended with ${signal ?? code}`)));
      child.send(message, (error) => error && reject(error));
    }).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AppError('unavailable', `the model could not be judged: ${why}`, { cause });
    });
    const result = JudgeReply.parse(reply);
    if ('gates' in result) return result.gates;
    throw new AppError(result.error.code, result.error.message);
  } finally {
    clearTimeout(late);
    child.kill('SIGKILL');
  }
}

function artifactsOf({ challenger, champion, measured }: JudgeTask): ArtifactRef[] {
  return [
    challenger.model,
    challenger.manifest,
    ...(champion ? [champion.model, champion.manifest] : []),
    ...(measured ? [measured.preprocess.test_rows] : []),
  ];
}

async function readAll(
  store: Pick<ObjectStore, 'get'>,
  refs: readonly ArtifactRef[],
): Promise<Map<string, Uint8Array>> {
  const bytes = new Map<string, Uint8Array>();
  for (const ref of refs) {
    try {
      bytes.set(ref.key, await getVerified(store, ref));
    } catch (error) {
      // Gone or damaged: a gate says so. A store that cannot be reached tells nothing about the model.
      if (!(error instanceof AppError) || !['not_found', 'invalid_data'].includes(error.code)) throw error;
    }
  }
  return bytes;
}
