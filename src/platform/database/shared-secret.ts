import { randomBytes } from 'node:crypto';
import type { Database } from './database.js';

const secretBytes = 32;

/**
 * A secret that all processes on one database share, made by the first that asks. Of two that ask first at once the
 * unique name lets one write; the other one waits for it and then reads the same.
 */
export async function sharedSecret(db: Database, name: string): Promise<Uint8Array> {
  await db.secret.createMany({
    data: [{ name, value: new Uint8Array(randomBytes(secretBytes)) }],
    skipDuplicates: true,
  });
  return (await db.secret.findUniqueOrThrow({ where: { name } })).value;
}
