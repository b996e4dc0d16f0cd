import { z } from 'zod';

export const Liveness = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' });
export type Liveness = z.infer<typeof Liveness>;

const Check = z.object({ status: z.enum(['ok', 'failed']), error: z.string().optional() });

export const Readiness = z
  .object({ status: z.enum(['ok', 'failed']), checks: z.record(z.string(), Check) })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;
