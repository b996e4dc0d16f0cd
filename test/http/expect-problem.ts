import { expect } from 'vitest';
import type { z } from 'zod';
import { Problem } from '../../src/contracts/problem.js';
import { parseAnswer } from './parse-answer.js';

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

/** Requires problem details as RFC 9457 has them, which name the request and say nothing more, and gives them. */
export function expectProblem(answer: Answer, status: number, code?: string): Problem {
  return expectProblemOf(Problem.strict(), answer, status, code);
}

/** The same for problems that say more. */
export function expectProblemOf<T extends Problem>(
  schema: z.ZodType<T>,
  answer: Answer,
  status: number,
  code?: string,
): T {
  expect({ status: answer.status, type: answer.headers['content-type'] }).toEqual({
    status,
    type: 'application/problem+json; charset=utf-8',
  });
  const problem = parseAnswer(schema, answer);
  expect(problem.status).toBe(status);
  expect(problem.request_id).toBe(answer.headers['x-request-id']);
  if (code !== undefined) expect(problem.type).toBe(`urn:trainyard:problem:${code}`);
  return problem;
}
