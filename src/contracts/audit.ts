import { z } from 'zod';
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

const values = z.json().nullable();

/** That somebody changed something. */
export const AuditEntry = z
  .object({
    id: z.string(),
    actor: z.string(),
    action: AuditAction,
    subject: z.string().meta({
      description: 'Path of the resource that was changed.',
      examples: ['/models/churn/versions/3'],
    }),
    before: values.meta({ description: 'What it was; null when it was not there.' }),
    after: values.meta({ description: 'What it is; null when it is gone.' }),
    request_id: z
      .string()
      .nullable()
      .meta({ description: 'Of the HTTP request; null for what a pipeline or a schedule did.' }),
    created_at: Timestamp,
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;
