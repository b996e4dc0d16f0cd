import type { Caller } from '../../contracts/caller.js';

/** Who does what a schedule does when its time comes. */
export function bySchedule(name: string): Caller {
  return { name: `schedule ${name}`, request_id: null };
}
