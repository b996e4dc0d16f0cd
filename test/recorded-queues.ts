import type { NewJob, StepQueues } from '../src/platform/queue/step-queues.js';

/** Queues that deliver nothing and remember what they were handed. */
export function recordedQueues(): StepQueues & { jobs: NewJob[] } {
  const jobs: NewJob[] = [];
  return {
    jobs,
    add: (added) => Promise.resolve(void jobs.push(...added)),
    depths: () => Promise.resolve({}),
    close: () => Promise.resolve(),
  };
}
