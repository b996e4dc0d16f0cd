import { z } from 'zod';
import { AppError } from '../../contracts/app-error.js';
import { Problem } from '../../contracts/problem.js';

const timeoutMs = 30_000;

/**
 * Calls the gateway as any client does.
 * @throws AppError `unavailable` with what the gateway said, or that it did not answer
 */
export async function call<T>(
  url: string,
  answer: z.ZodType<T>,
  { method = 'GET', json, body }: { method?: string; json?: unknown; body?: Buffer } = {},
): Promise<T> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(json !== undefined && {
      body: JSON.stringify(json),
      headers: { 'content-type': 'application/json' },
    }),
    ...(body && { body: new Uint8Array(body), headers: { 'content-type': 'text/csv' } }),
  }).catch((cause: unknown) => {
    throw new AppError('unavailable', `${method} ${url} got no answer`, { cause });
  });
  const content: unknown = await response.json();
  if (response.ok) return answer.parse(content);
  const problem = Problem.safeParse(content);
  const why = problem.success
    ? [problem.data.detail, ...(problem.data.errors ?? []).map((e) => `${e.path}: ${e.message}`)]
    : [];
  throw new AppError('unavailable', `${method} ${url} answered ${response.status}: ${why.join('; ')}`);
}
