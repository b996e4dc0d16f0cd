import { expect } from 'vitest';
import { InferenceError } from '../../../src/contracts/inference.js';

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

/** Requires an error in the protocol's form, which names the request in its header, and gives its text. */
export function expectError(answer: Answer, status: number): string {
  expect({ status: answer.status, type: answer.headers['content-type'], text: answer.text }).toMatchObject({
    status,
    type: 'application/json; charset=utf-8',
  });
  expect(answer.headers['x-request-id']).toMatch(/./);
  expect(answer.headers['retry-after'] !== undefined).toBe(status === 503);
  return InferenceError.strict().parse(JSON.parse(answer.text)).error;
}
