import type { Schedule } from '../../generated/prisma/client.js';

/** What people decide about a schedule, as the audit log shows it. */
export function scheduleSettings({
  name,
  pipeline,
  parameters,
  cron,
  interval_seconds,
  time_zone,
  overlap,
  enabled,
  priority,
}: Schedule) {
  return { name, pipeline, parameters, cron, interval_seconds, time_zone, overlap, enabled, priority };
}
