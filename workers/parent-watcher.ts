import { workerData } from 'node:worker_threads';

// The entry of the watching thread. An orphan is given another parent, so a changed parent is a dead one.

const everyMs = 500;
const parent: unknown = workerData;

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, everyMs);
