import { AppError } from '../../contracts/app-error.js';
import { ScheduledRun } from '../../contracts/schedule.js';

/**
 * What a schedule runs, by the schema of its pipeline.
 * @throws AppError `invalid_request` that names each parameter that is wrong
 */
export function parseRun(run: { pipeline: string; parameters: unknown }): ScheduledRun {
  const parsed = ScheduledRun.safeParse(run);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new AppError('invalid_request', 'The parameters are not those of the pipeline.', { issues });
}
