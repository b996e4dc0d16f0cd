import type { Caller } from '../../src/contracts/caller.js';

/** Somebody who changes something without a request. */
export function caller(name: string): Caller {
  return { name, request_id: null };
}
