import { z } from 'zod';

/** An object for a JSON column: without the keys that are undefined, which JSON does not have. */
export function jsonObject(value: object) {
  return z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(value)));
}
