import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

// The entry of the thread that watches over a serving process: it ends the process when it takes too much memory, or
// when the gateway is gone. An orphan is given another parent, so a changed parent is a dead one.

export interface GuardSettings {
  memoryBytes: number;
  parent: number;
}

const everyMs = 100;
const stderr = 2;
const { memoryBytes, parent } = workerData as GuardSettings;

setInterval(() => {
  const resident = process.memoryUsage.rss();
  if (resident > memoryBytes) {
    const mebibytes = (bytes: number) => Math.round(bytes / 1_048_576);
    writeSync(stderr, `it took ${mebibytes(resident)} MiB of ${mebibytes(memoryBytes)} MiB`);
  } else if (process.ppid === parent) return;
  process.kill(process.pid, 'SIGKILL');
}, everyMs);
