import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/summary-reporter.js';

const timeouts = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Projects do not extend each other: a global setup that is inherited runs once more for every heir.
    projects: [
      {
        test: { name: 'unit', include: ['src/**/*.spec.ts', 'workers/**/*.spec.ts'], ...timeouts },
      },
      {
        test: {
          name: 'database',
          include: ['test/**/*.spec.ts'],
          globalSetup: ['test/global-setup.ts'],
          ...timeouts,
        },
      },
    ],
    reporters: ['default', new SummaryReporter()],
  },
});
