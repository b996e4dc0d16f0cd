import { InferenceError } from '../../contracts/inference.js';
import { Endpoint } from '../../http/endpoint.js';

/** An endpoint whose errors have the protocol's form. */
export function InferenceEndpoint(...[summary, answer]: Parameters<typeof Endpoint>): MethodDecorator {
  return Endpoint(summary, { ...answer, errorSchema: InferenceError });
}

/** What may keep a model from answering. */
export const modelProblems = {
  404: 'There is no such model or version, or nothing of it is promoted.',
  503: 'The model is being loaded or does not load, or too many requests wait for it.',
};

export const inferProblems = {
  ...modelProblems,
  400: 'Which input, and which element of it, is wrong.',
  422: "The model's process ended over this request.",
  504: 'No answer within X-Request-Timeout-Ms.',
};
