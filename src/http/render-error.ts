import type { InferenceError } from '../contracts/inference.js';
import type { Problem } from '../contracts/problem.js';

/** Below it errors have the form of the Open Inference Protocol, which its clients know how to show. */
const inferenceProtocol = /^\/v2(\/|$)/;

interface RenderedError {
  contentType: string;
  body: Problem | InferenceError;
}

/** An error in the form that callers of its path expect. */
export function renderError(problem: Problem): RenderedError {
  return inferenceProtocol.test(problem.instance)
    ? { contentType: 'application/json; charset=utf-8', body: { error: oneText(problem) } }
    : { contentType: 'application/problem+json; charset=utf-8', body: problem };
}

/** What was wrong, with its places: there is but one text for both. */
function oneText({ detail, errors = [] }: Problem): string {
  const places = errors.filter(({ message }) => !detail.includes(message));
  return [detail, ...places.map(({ path, message }) => `${path || 'body'}: ${message}`)].join(' ');
}
