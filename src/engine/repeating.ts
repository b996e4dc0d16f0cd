import { setTimeout as delay } from 'node:timers/promises';

export interface RepeatingSettings {
  intervalMs: number;
  /** Also before the first turn: for work that a start should not wait for. */
  waitsFirst?: boolean;
  onError: (error: unknown) => void;
}

export interface Repeating {
  /** The next turn follows at once, after the one under way. */
  wake(): void;
  /** Resolves when the turn under way has ended. */
  stop(): Promise<void>;
}

/** Does something again and again, one turn at a time; a turn that fails is followed by the next one. */
export function repeating(
  turn: () => Promise<unknown>,
  { intervalMs, waitsFirst = false, onError }: RepeatingSettings,
): Repeating {
  const stopping = new AbortController();
  // Made before its turn: a wake during the turn shortens the pause behind it.
  let pause = new AbortController();
  const wait = () => delay(intervalMs, undefined, { signal: pause.signal }).catch(() => {});
  const loop = async (): Promise<void> => {
    if (waitsFirst) await wait();
    while (!stopping.signal.aborted) {
      pause = new AbortController();
      try {
        await turn();
      } catch (error) {
        onError(error);
      }
      if (!stopping.signal.aborted) await wait();
    }
  };
  const running = loop();
  return {
    wake: () => pause.abort(),
    async stop() {
      stopping.abort();
      pause.abort();
      await running;
    },
  };
}
