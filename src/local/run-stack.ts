import { readEnv } from '../config/env.js';
import { AppError } from '../contracts/app-error.js';
import { type Stack, startStack } from './stack.js';
import { complain, say } from './terminal.js';

/**
 * Starts the stack, does something with it, and stops it: when that is done, or on Ctrl-C, or on SIGTERM. A second
 * signal ends this process at once, and with it all others.
 *
 * @param use gets the stack, and a signal that is aborted when it has to end
 */
export async function runStack(use: (stack: Stack, stopping: AbortSignal) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const onSignal = () => {
    if (stopping.signal.aborted) process.kill(process.pid, 'SIGKILL');
    stopping.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  let stack: Stack | undefined;
  try {
    stack = await startStack({
      env: readEnv(),
      // Handed on whole, not read: what is set is read by `readEnv` alone, here and in each process.
      environment: process.env,
      say,
      onTrouble: (name, line) => complain(`${name}: ${summary(line)}`),
    });
    if (!stopping.signal.aborted) await use(stack, stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) {
      complain(
        error instanceof AppError
          ? error.message
          : error instanceof Error
            ? (error.stack ?? error.message)
            : String(error),
      );
      process.exitCode = 1;
    }
  } finally {
    if (stack) say('stopping');
    await stack?.stop();
  }
}

/** Resolves when the stack has to end. */
export function untilStopped(stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stopping.aborted) return resolve();
    // Keeps the process alive: a listener alone does not.
    const alive = setInterval(() => {}, 2 ** 30);
    stopping.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}

/** What a line of a log says, without its machinery. */
function summary(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [msg, err?.message?.trim().split('\n').at(-1)].filter(Boolean).join(': ') || line;
  } catch {
    return line;
  }
}
