import { z } from 'zod';

/** An error as RFC 9457 has it. */
export const Problem = z
  .object({
    type: z.string().meta({ examples: ['urn:trainyard:problem:invalid_request'] }),
    title: z.string().meta({ examples: ['Bad Request'] }),
    status: z.int().meta({ examples: [400] }),
    detail: z.string().meta({ examples: ['The request is not of the right form.'] }),
    instance: z.string().meta({ examples: ['/pipeline-runs'] }),
    request_id: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
