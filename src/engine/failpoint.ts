import { closeSync, openSync } from 'node:fs';

/** Places where a test can have the process killed; between any two of them a real kill finds the same state. */
export const failpoints = [
  'create_before_commit',
  'create_after_commit',
  'claim_before_commit',
  'claim_after_commit',
  'after_upload',
  'finish_before_commit',
  'finish_after_commit',
  'promote_before_commit',
  'promote_after_commit',
  'between_projections',
  'after_projections',
] as const;
export type Failpoint = (typeof failpoints)[number];

let armed: { name: string; marker: string } | undefined;

/**
 * Arms one failpoint: `name@file`. The process that reaches it first makes the file and kills itself; the file keeps
 * the next process from doing so again.
 */
export function armFailpoint(setting: string | undefined): void {
  const [name, marker] = setting?.split('@') ?? [];
  armed = name && marker ? { name, marker } : undefined;
}

/** Kills this process, uncleanly, when a test armed this point. */
export function failpoint(name: Failpoint): void {
  if (armed?.name !== name) return;
  try {
    closeSync(openSync(armed.marker, 'wx'));
  } catch {
    return;
  }
  process.kill(process.pid, 'SIGKILL');
  // The signal is not always delivered before the next statement.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}
