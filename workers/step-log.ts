import { type LogLevel, storableMessage } from '../src/contracts/log-line.js';
import type { StepReport } from '../src/contracts/step-message.js';
import { logLimits } from './log-limits.js';

/** What a task says, on its way to the worker. */
export interface StepLog {
  say: (message: string, level?: LogLevel) => void;
  /** Tells how much was not told. */
  end: () => void;
}

/**
 * Reports lines one by one, so that those before native code that blocks this thread for minutes, or ends the process,
 * are not lost in a batch. What the worker would leave out anyway is counted here and costs no message; the one line
 * beyond the limit lets it know.
 */
export function stepLog(report: (message: StepReport) => void): StepLog {
  let said = 0;
  return {
    say(message, level = 'info') {
      said += 1;
      if (said > logLimits.lines + 1) return;
      report({ kind: 'log', line: { level, message: storableMessage(message) } });
    },
    end() {
      const lines = said - (logLimits.lines + 1);
      if (lines > 0) report({ kind: 'left_out', lines });
    },
  };
}
