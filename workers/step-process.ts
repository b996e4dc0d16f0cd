import { type ChildProcess, fork } from 'node:child_process';
import os from 'node:os';
import { AppError } from '../src/contracts/app-error.js';
import type { MetricPoint, StepTask } from '../src/contracts/step-message.js';
import { StepReport } from '../src/contracts/step-message.js';
import type { StepProgress } from '../src/contracts/step-progress.js';

export interface TaskListener {
  onProgress(progress: StepProgress): void;
  onMetrics(points: MetricPoint[]): void;
}

/** Below the gateway's, so that training never takes the processor from a request. */
const niceness = 10;

/** A child process that does one task at a time. */
export class StepProcess {
  private readonly child: ChildProcess;
  private tasks = 0;

  constructor(entry: string) {
    // `advanced` keeps NaN and infinities, which JSON loses.
    this.child = fork(entry, [], { serialization: 'advanced', execArgv: [] });
    this.child.on('error', () => {});
    if (this.child.pid !== undefined) lowerPriority(this.child.pid);
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.connected;
  }

  /** Tasks that it has done. */
  get age(): number {
    return this.tasks;
  }

  /**
   * Does one task.
   *
   * @param signal kills the process, which native code that blocks its thread cannot prevent
   * @throws the step's AppError; AppError `crashed` when the process ends before its result
   */
  run(task: StepTask, listener: TaskListener, signal: AbortSignal): Promise<unknown> {
    this.tasks += 1;
    return new Promise((resolve, reject) => {
      const { child } = this;
      const settle = (finish: () => void) => {
        child.off('message', onMessage).off('exit', onExit);
        signal.removeEventListener('abort', onAbort);
        finish();
      };
      const onMessage = (message: unknown) => {
        const report = StepReport.parse(message);
        if (report.kind === 'progress') listener.onProgress(report.progress);
        if (report.kind === 'metrics') listener.onMetrics(report.points);
        if (report.kind === 'done') settle(() => resolve(report.result));
        if (report.kind === 'failed') {
          const { code, message: text, where } = report.error;
          settle(() => reject(new AppError(code, text, { where })));
        }
      };
      const onExit = (code: number | null, name: string | null) => {
        const how = name ? `was killed by ${name}` : `ended with code ${code}`;
        settle(() => reject(new AppError('crashed', `the step's process ${how}`)));
      };
      const onAbort = () => this.kill();
      child.on('message', onMessage).once('exit', onExit);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted || !this.alive) {
        this.kill();
        settle(() => reject(new AppError('crashed', 'the step was stopped before it began')));
        return;
      }
      child.send(task, (error) => {
        if (error)
          settle(() =>
            reject(new AppError('crashed', 'the step could not be handed to its process', { cause: error })),
          );
      });
    });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

function lowerPriority(pid: number): void {
  try {
    os.setPriority(pid, niceness);
  } catch {
    // Not permitted everywhere, and nothing depends on it.
  }
}
