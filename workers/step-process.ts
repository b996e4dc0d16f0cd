import { type ChildProcess, fork } from 'node:child_process';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../src/contracts/app-error.js';
import type { LogLevel, LogLine } from '../src/contracts/log-line.js';
import type { MetricPoint, StepTask } from '../src/contracts/step-message.js';
import { StepReport } from '../src/contracts/step-message.js';
import type { StepProgress } from '../src/contracts/step-progress.js';
import { type PrintedLines, printedLines } from './printed-lines.js';

export interface TaskListener {
  onProgress(progress: StepProgress): void;
  onMetrics(points: MetricPoint[]): void;
  onLog(line: LogLine): void;
  /** So many lines were said and not reported. */
  onLeftOut(lines: number): void;
  /** What the process printed while it did the task: native libraries do. */
  onPrinted(line: LogLine): void;
}

/** Below the gateway's, so that training never takes the processor from a request. */
const niceness = 10;
/** How long the pipes of a process that ended are read on. */
const lastWordsMs = 250;

/** A child process that does one task at a time. */
export class StepProcess {
  private readonly child: ChildProcess;
  private readonly printed: PrintedLines[];
  private listener: TaskListener | undefined;
  private tasks = 0;

  /** @param onStray for what it prints while it has no task */
  constructor(entry: string, onStray: (line: LogLine) => void) {
    this.child = fork(entry, [], {
      // `advanced` keeps NaN and infinities, which JSON loses.
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child.on('error', () => {});
    const say = (level: LogLevel) => (message: string) => {
      const line = { level, message };
      if (this.listener) this.listener.onPrinted(line);
      else onStray(line);
    };
    const { stdout, stderr } = this.child;
    this.printed = [
      ...(stdout ? [printedLines(stdout, say('info'))] : []),
      ...(stderr ? [printedLines(stderr, say('warn'))] : []),
    ];
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
    this.listener = listener;
    return new Promise((resolve, reject) => {
      const { child } = this;
      const settle = (finish: () => void) => {
        child.off('message', onMessage).off('exit', onExit);
        signal.removeEventListener('abort', onAbort);
        for (const lines of this.printed) lines.flush();
        this.listener = undefined;
        finish();
      };
      // What was printed before the result stands in its pipe by now, and is read in the same turn of the event loop.
      const settleSoon = (finish: () => void) => void setImmediate(settle, finish);
      const onMessage = (message: unknown) => {
        const report = StepReport.parse(message);
        if (report.kind === 'progress') listener.onProgress(report.progress);
        if (report.kind === 'metrics') listener.onMetrics(report.points);
        if (report.kind === 'log') listener.onLog(report.line);
        if (report.kind === 'left_out') listener.onLeftOut(report.lines);
        if (report.kind === 'done') settleSoon(() => resolve(report.result));
        if (report.kind === 'failed') {
          const { code, message: text, where } = report.error;
          settleSoon(() => reject(new AppError(code, text, { where })));
        }
      };
      const onExit = (code: number | null, name: string | null) => {
        const how = name ? `was killed by ${name}` : `ended with code ${code}`;
        // Its last words are the ones that tell why. Not for ever: it may have left its pipes to a child of its own.
        const said = new Promise((resolve) => child.once('close', resolve));
        void Promise.race([said, delay(lastWordsMs)]).then(() =>
          settle(() => reject(new AppError('crashed', `the step's process ${how}`))),
        );
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
