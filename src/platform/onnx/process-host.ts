import { fork } from 'node:child_process';
import path from 'node:path';
import { Readable } from 'node:stream';
import { projectRoot } from '../project-root.js';
import type { Inspection } from './inspect-model.js';
import type { ServingReply, ServingStart } from './serving-message.js';
import type { StartHost } from './session-host.js';

const entry = path.join(projectRoot(), 'dist/src/platform/onnx/serving-process.js');
/** Of what a process says before it ends, the end is kept. */
const lastWords = 500;

/** The first message to a serving process. Its model comes over stdin: it may be too large for a message. */
export interface ProcessStart {
  manifest: ServingStart['manifest'];
  /** What is to be found out about the model, which is then not served. */
  inspection?: Inspection;
  /** Resident memory over which it ends itself. */
  memoryBytes: number;
}

interface ProcessModel extends Pick<ProcessStart, 'manifest' | 'inspection'> {
  /** As a stream when it is not in memory here. */
  model: Uint8Array | Readable;
}

/** A session in a process of its own, with a limit of its memory. */
export function processHost({ model, ...start }: ProcessModel, memoryBytes: number): StartHost {
  return (onReply) => {
    const child = fork(entry, [], {
      // `advanced` keeps typed arrays, NaN and bigints.
      serialization: 'advanced',
      execArgv: [],
      // ONNX Runtime takes the paths in a model as relative to where it runs, and what we know is not for a model that
      // somebody brought: neither our files nor our secrets.
      cwd: path.dirname(entry),
      env: {},
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-lastWords);
    });
    // Its end is heard by `exit`: what could not be sent or written to it is lost with it.
    child.on('error', () => {});
    child.stdin?.on('error', () => {});
    child.on('message', (reply) => onReply(reply as ServingReply));
    child.send({ ...start, memoryBytes } satisfies ProcessStart, () => {});
    if (model instanceof Readable && child.stdin) model.pipe(child.stdin);
    else child.stdin?.end(model);
    return {
      post: (request) => void child.send(request, () => {}),
      kill: () => void child.kill('SIGKILL'),
      ended: new Promise((resolve) => {
        child.once('close', (code, signal) => {
          const why = said.trim();
          resolve(`the model's process ended (${signal ?? `code ${code}`})${why && `: ${why}`}`);
        });
      }),
    };
  };
}
