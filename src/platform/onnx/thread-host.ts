import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { projectRoot } from '../project-root.js';
import type { ServingReply, ServingStart } from './serving-message.js';
import type { StartHost } from './session-host.js';

const entry = path.join(projectRoot(), 'dist/src/platform/onnx/serving-thread.js');

/** A session in a thread of this process. */
export function threadHost(start: ServingStart): StartHost {
  return (onReply) => {
    const worker = new Worker(entry, { workerData: start });
    // A fault in the thread ends it; whoever waits learns so by its end.
    let fault = '';
    worker.on('error', (error) => (fault = `: ${error.message}`));
    worker.on('message', (reply: ServingReply) => onReply(reply));
    return {
      post: (request) => worker.postMessage(request, []),
      ended: new Promise((resolve) => worker.once('exit', () => resolve(`the serving thread ended${fault}`))),
    };
  };
}
