import { expect } from 'vitest';
import { Problem } from '../../src/contracts/problem.js';

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

/** Requires problem details as RFC 9457 has them, which name the request, and gives them. */
export function expectProblem(answer: Answer, status: number, code?: string): Problem {
  expect({ status: answer.status, type: answer.headers['content-type'] }).toEqual({
    status,
    type: 'application/problem+json; charset=utf-8',
  });
  const problem = Problem.strict().parse(JSON.parse(answer.text));
  expect(problem.status).toBe(status);
  expect(problem.request_id).toBe(answer.headers['x-request-id']);
  if (code !== undefined) expect(problem.type).toBe(`urn:trainyard:problem:${code}`);
  return problem;
}
