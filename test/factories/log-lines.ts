import type { Lease } from '../../src/engine/lease.js';
import { type AttemptEvent, writeEvents } from '../../src/engine/write-events.js';
import type { Database } from '../../src/platform/database/database.js';

const places = new Map<string, number>();

/** Writes lines into the log of an attempt, as its worker does. @returns whether the attempt was still its own */
export function say(db: Database, lease: Lease, ...messages: string[]): Promise<boolean> {
  const key = `${lease.run_id} ${lease.step} ${lease.attempt}`;
  const before = places.get(key) ?? 0;
  places.set(key, before + messages.length);
  const events = messages.map((message, index): AttemptEvent => ({
    kind: 'log',
    place: before + index + 1,
    age: 0,
    data: { level: 'info', message },
  }));
  return writeEvents(db, lease, events);
}
