import { parentPort, workerData } from 'node:worker_threads';
import { serveSession } from './serve-session.js';
import type { ServingReply, ServingRequest, ServingStart } from './serving-message.js';

// The entry of a serving thread: one model's session.

const port = parentPort;
if (!port) throw new Error('this file is the entry of a worker thread');

await serveSession(workerData as ServingStart, {
  onRequest: (listener) => port.on('message', (request: ServingRequest) => listener(request)),
  reply: (message: ServingReply) => port.postMessage(message, []),
  close: () => port.close(),
});
