import { z } from 'zod';
import { PageQuery, pageOf } from './page.js';
import { QueryTime } from './query-time.js';
import { RequestId } from './request-id.js';
import { storableText } from './storable-text.js';
import { Timestamp } from './timestamp.js';

/** What can be done, by what it is done to. */
export const auditActions = [
  'run.create',
  'run.cancel',
  'run.retry',
  'run.update',
  'run.delete',
  'schedule.create',
  'schedule.update',
  'schedule.delete',
  'workers.pause',
  'workers.resume',
  'dead_letter.replay',
  'dead_letter.discard',
  'object.put',
  'promotion.create',
  'promotion.rollback',
  'promotion_request.refuse',
  'promotion_request.hold',
  'promotion_request.approve',
  'promotion_request.reject',
  'gates.set',
  'gates.reset',
  'model.create',
  'model.update',
  'model.archive',
  'model.restore',
  'model.delete',
  'version.import',
  'version.update',
  'version.archive',
  'version.restore',
  'version.delete',
  'alias.set',
  'alias.delete',
] as const;
export const AuditAction = z.enum(auditActions);
export type AuditAction = z.infer<typeof AuditAction>;

const values = z.record(z.string(), z.unknown()).nullable();
const cut = 'Long texts and lists are cut: an entry says what was changed, and is no copy of it.';

/** That somebody changed something. */
export const AuditEntry = z
  .object({
    id: z.string(),
    actor: z.string().meta({
      description: 'Who did it: a caller, `schedule <name>`, or `retention`, which deletes what is too old.',
      examples: ['schedule every night'],
    }),
    // Of a newer version of this software it may be one that we do not know.
    action: z.string().meta({ description: 'What was done.', examples: ['promotion.create'] }),
    subject: z.string().meta({
      description: 'Path of the resource that was changed, not escaped.',
      examples: ['/models/churn/versions/3'],
    }),
    before: values.meta({ description: `What it was; null when it was not there. ${cut}` }),
    after: values.meta({ description: 'What it is; null when it is gone.' }),
    request_id: z.string().nullable().meta({
      description: 'Of the HTTP request; null for what a pipeline, a schedule or the retention did.',
    }),
    created_at: Timestamp,
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditPage = pageOf(AuditEntry, 'AuditPage');
export type AuditPage = z.infer<typeof AuditPage>;

const separated = `one or several of ${auditActions.join(', ')}, separated by commas`;

/** `run.create,run.cancel`. Sorted and each once, so that the same filter is the same however it is written. */
const Actions = z.string().transform((text, context) => {
  const actions = AuditAction.array().safeParse([...new Set(text.split(','))].sort());
  if (actions.success) return actions.data;
  context.addIssue({ code: 'custom', message: `must be ${separated}` });
  return z.NEVER;
});

/** A path; one that ends in a slash is the same without it. */
const Subject = storableText(1_200)
  .regex(/^\//, 'must be the path of a resource, such as /models/churn')
  .transform((path) => path.replace(/\/$/, ''));

const filters = {
  actor: storableText(200)
    .min(1)
    .optional()
    .meta({ description: 'Who did it.', examples: ['anonymous'] }),
  action: Actions.optional().meta({
    description: `What was done: ${separated}.`,
    examples: ['promotion.create,promotion.rollback'],
  }),
  subject: Subject.optional().meta({
    description: 'This resource, and all below its path.',
    examples: ['/models/churn'],
  }),
  request_id: RequestId.optional().meta({ description: 'What this HTTP request did.' }),
  created_after: QueryTime.optional().meta({
    description: 'Written at this time or later.',
    examples: ['2026-01-31T00:00:00Z'],
  }),
  created_before: QueryTime.optional().meta({
    description: 'Written before this time.',
    examples: ['2026-02-28T00:00:00Z'],
  }),
};

/** Which entries are exported. */
export const ExportAudit = z.object(filters);
export type ExportAudit = z.infer<typeof ExportAudit>;

export const ListAudit = PageQuery.extend(filters);
export type ListAudit = z.infer<typeof ListAudit>;
