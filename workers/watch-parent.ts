import { Worker } from 'node:worker_threads';

/**
 * Kills this process when the one that forked it is gone. A thread does the watching: the main thread may be inside
 * native code for minutes and hears nothing of a closed channel meanwhile.
 */
export function watchParent(): void {
  const watcher = new Worker(new URL('./parent-watcher.js', import.meta.url), { workerData: process.ppid });
  watcher.unref();
}
