import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import { AppError } from '../contracts/app-error.js';
import { SupervisorMessage } from '../platform/supervisor-message.js';
import { rotatingLog } from './rotating-log.js';

export interface SupervisedSettings {
  name: string;
  /** The compiled file that it runs. */
  entry: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** Gets every line that it writes. */
  onLine: (line: string) => void;
  /** Told when it ended by itself and will be started again. */
  onRestart: (how: string) => void;
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;
/** Running for so long, it is not in a loop of crashes. */
const steadyMs = 30_000;
/** After SIGTERM; its own deadline is shorter. */
const stopPatienceMs = 15_000;

/** A gateway or worker that is started again, more slowly each time, when it ends by itself. */
export class SupervisedProcess {
  private child: ChildProcess | undefined;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();
  private readonly write: (text: string) => void;

  constructor(private readonly settings: SupervisedSettings) {
    this.write = rotatingLog(settings.logFile);
  }

  /**
   * Starts it and waits until it is ready.
   * @returns where it listens
   * @throws AppError `unavailable` when it ends before; what it wrote is in its log
   */
  async start(): Promise<string | null> {
    const ready = await this.launch();
    this.running = this.keepRunning();
    return ready.url;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Lets it drain and waits for its end. */
  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child && child.exitCode === null && child.signalCode === null) {
      const kill = setTimeout(() => child.kill('SIGKILL'), stopPatienceMs);
      child.kill('SIGTERM');
      await once(child, 'exit');
      clearTimeout(kill);
    }
    await this.running;
  }

  private async launch(): Promise<SupervisorMessage> {
    const { entry, env, name, logFile, onLine } = this.settings;
    // In a group of its own: Ctrl-C reaches the stack alone, which stops everything in its order. When the stack is
    // killed, the closed channel ends it.
    const child = fork(entry, [], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.write(`${line}\n`);
        onLine(line);
      });
    }
    const ready = new Promise<SupervisorMessage>((resolve) => {
      child.on('message', (message) => resolve(SupervisorMessage.parse(message)));
    });
    const ended = once(child, 'exit').then(() => {
      throw new AppError(
        'unavailable',
        `the ${name} did not start (${howItEnded(child)}); its log is ${logFile}`,
      );
    });
    return Promise.race([ready, ended]);
  }

  private async keepRunning(): Promise<void> {
    let pause = firstPauseMs;
    while (!this.stopping) {
      const { child } = this;
      if (!child) return;
      const began = performance.now();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      if (this.stopping) return;
      if (performance.now() - began > steadyMs) pause = firstPauseMs;
      this.settings.onRestart(howItEnded(child));
      await delay(pause);
      pause = Math.min(pause * 2, longestPauseMs);
      if (!this.stopping) await this.launch().catch((error: unknown) => this.write(`${String(error)}\n`));
    }
  }
}

function howItEnded({ exitCode, signalCode }: ChildProcess): string {
  return signalCode ? `killed by ${signalCode}` : `ended with code ${exitCode}`;
}
