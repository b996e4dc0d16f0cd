import { z } from 'zod';

/** What a gateway or worker tells the local stack that started it. */
export const SupervisorMessage = z.object({
  ready: z.literal(true),
  /** Where it listens. */
  url: z.string().nullable(),
});
export type SupervisorMessage = z.infer<typeof SupervisorMessage>;

/** Does nothing in a process that nobody supervises. */
export function tellSupervisor(message: SupervisorMessage): void {
  process.send?.(message);
}
