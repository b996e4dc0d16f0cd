import { fork } from 'node:child_process';
import path from 'node:path';
import { pipeline, type Readable } from 'node:stream';
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
  /** Bytes of the model. */
  size: number;
  /** Resident memory over which it ends itself. */
  memoryBytes: number;
}

/** A model that is not in memory here. */
export interface ModelFile {
  size: number;
  read: () => Readable;
}

interface ProcessModel extends Pick<ProcessStart, 'manifest' | 'inspection'> {
  model: Uint8Array | ModelFile;
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
    const size = model instanceof Uint8Array ? model.length : model.size;
    child.send({ ...start, size, memoryBytes } satisfies ProcessStart, () => {});
    if (model instanceof Uint8Array) child.stdin?.end(model);
    // A file that cannot be read breaks off, which the process sees by its size.
    else if (child.stdin) pipeline(model.read(), child.stdin, () => {});
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
