import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export interface Summary {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Counts what a run did. A file or a group that broke outside of its tests (it could not be imported, a hook threw),
 * and an error that nobody caught, are a failure each: their tests never ran, and would not be missed otherwise.
 */
export function summarise(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Summary {
  const summary = { passed: 0, failed: unhandled.length, skipped: 0 };
  for (const module of modules) {
    for (const suite of [module, ...module.children.allSuites()]) {
      if (suite.errors().length > 0) summary.failed += 1;
    }
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'pending') summary.failed += 1;
      else summary[state] += 1;
    }
  }
  return summary;
}

/** Ends the output with a line that a program can read, `18 passed, 0 failed`, and before it says what was skipped. */
export class SummaryReporter implements Reporter {
  /** Until the run has ended: one that is broken off has not passed. */
  private summary: Summary = { passed: 0, failed: 1, skipped: 0 };

  onInit(): void {
    // When the process ends, because the other reporters write their own summary at the end of the run.
    process.once('exit', () => {
      const { passed, failed, skipped } = this.summary;
      if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
      process.stdout.write(`${passed} passed, ${failed} failed\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.summary = summarise(modules, unhandled);
  }
}
