import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { inspectModel } from './inspect-model.js';
import type { ProcessStart } from './process-host.js';
import { type ServingChannel, serveSession } from './serve-session.js';
import type { ServingReply, ServingRequest } from './serving-message.js';

// The entry of a serving process: one model's session, apart from the gateway, which a crash of native code would end.

const [{ manifest, inspection, size, memoryBytes }] = (await once(process, 'message')) as [ProcessStart];
// A thread does the watching: this one may be inside native code for long.
new Worker(new URL('./process-guard.js', import.meta.url), {
  workerData: { memoryBytes, parent: process.ppid },
}).unref();
// In place: the chunks and what is made of them would be the model twice.
const model = Buffer.allocUnsafe(size);
let received = 0;
for await (const chunk of process.stdin as AsyncIterable<Buffer>) received += chunk.copy(model, received);
if (received < size) throw new Error(`the model broke off after ${received} of ${size} bytes`);

const channel: ServingChannel = {
  onRequest: (listener) => process.on('message', (request: ServingRequest) => listener(request)),
  reply: (message: ServingReply) => void process.send?.(message),
  close: () => process.disconnect(),
};

if (inspection) {
  channel.reply(
    await inspectModel(model, inspection).then(
      (facts): ServingReply => ({ kind: 'inspected', facts }),
      (error: Error): ServingReply => ({ kind: 'unusable', message: error.message }),
    ),
  );
  channel.close();
} else await serveSession({ model, manifest }, channel);
