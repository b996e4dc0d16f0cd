import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/summary-reporter.js';

// All files share one PostgreSQL; more of them at once would want more connections than it gives.
const sideBySide = { maxWorkers: Math.min(availableParallelism(), 4), sequence: { groupOrder: 0 } };
// Whole stacks, which need both cores and kill processes: one after the other, when everything else is through.
const alone = { maxWorkers: 1, sequence: { groupOrder: 1 } };
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000 };

// Long, and about whole machines: only when it is asked for.
const chaos = { test: { name: 'chaos', include: ['test/chaos/**/*.spec.ts'], ...alone, ...timeouts } };

export default defineConfig({
  test: {
    // Here and not in the projects, where it would run once for each.
    globalSetup: ['test/global-setup.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.spec.ts', 'workers/**/*.spec.ts'],
          ...sideBySide,
          ...timeouts,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.spec.ts', 'test/http/**/*.spec.ts'],
          // A file's own application is made anew; the modules below it are not, which takes half of the time.
          isolate: false,
          ...sideBySide,
          ...timeouts,
        },
      },
      {
        test: {
          name: 'end-to-end',
          include: ['test/e2e/**/*.spec.ts'],
          // On Redis, `pipeline-services.spec.ts` empties the queue.
          exclude: process.env.TEST_SERVICES ? ['test/e2e/lost-queue.spec.ts'] : [],
          ...alone,
          ...timeouts,
        },
      },
      ...(process.env.CHAOS ? [chaos] : []),
    ],
    reporters: ['default', new SummaryReporter()],
  },
});
