import type { LogLine } from '../src/contracts/log-line.js';
import { StepProcess } from './step-process.js';

export interface PoolSettings {
  /** The compiled file that a step process runs. */
  entry: string;
  /** Processes kept for the next steps, at work or idle: starting one takes longer than an empty step. */
  spares: number;
  /** For what a process prints while it has no task. */
  onStray: (line: LogLine) => void;
}

/** After so many tasks a process is replaced: native allocators give memory back late or never. */
const maxAge = 100;

/** Step processes, kept warm. */
export class StepProcessPool {
  private readonly idle: StepProcess[] = [];
  private readonly busy = new Set<StepProcess>();
  private closed = false;

  constructor(private readonly settings: PoolSettings) {
    this.refill();
  }

  acquire(): StepProcess {
    const process = this.takeIdle() ?? this.start();
    this.busy.add(process);
    return process;
  }

  /** Gives a process back; one that is dead or old is replaced. */
  release(process: StepProcess): void {
    this.busy.delete(process);
    if (!this.closed && process.alive && process.age < maxAge && this.idle.length < this.settings.spares) {
      this.idle.push(process);
      return;
    }
    process.kill();
    this.refill();
  }

  /** Kills all of them, also those at work. */
  close(): void {
    this.closed = true;
    for (const process of [...this.idle, ...this.busy]) process.kill();
  }

  private start(): StepProcess {
    return new StepProcess(this.settings.entry, this.settings.onStray);
  }

  private takeIdle(): StepProcess | undefined {
    for (let process = this.idle.pop(); process; process = this.idle.pop()) {
      if (process.alive) return process;
    }
    return undefined;
  }

  private refill(): void {
    while (!this.closed && this.idle.length + this.busy.size < this.settings.spares) {
      this.idle.unshift(this.start());
    }
  }
}
