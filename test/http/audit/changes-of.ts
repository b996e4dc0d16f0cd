import { z } from 'zod';
import { AuditEntry } from '../../../src/contracts/audit.js';
import type { TestApp } from '../../app.js';

/** An entry as it is sent. Times in `before` and `after` stay text: they are whatever was changed. */
export const SentEntry = AuditEntry.extend({
  created_at: z.iso.datetime().transform((text) => new Date(text)),
});
export const SentPage = z.strictObject({ items: z.array(SentEntry), next_cursor: z.string().nullable() });

type Change = Omit<AuditEntry, 'id' | 'created_at'>;

/** What the audit log says of changes, oldest first. */
export async function changesOf({ http }: Pick<TestApp, 'http'>, query: object): Promise<Change[]> {
  const { text } = await http
    .get('/audit')
    .query({ limit: 200, ...query })
    .expect(200);
  const { items } = SentPage.parse(JSON.parse(text));
  return items.toReversed().map(({ actor, action, subject, before, after, request_id }) => ({
    actor,
    action,
    subject,
    before,
    after,
    request_id,
  }));
}
