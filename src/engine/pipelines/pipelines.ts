import { AppError } from '../../contracts/app-error.js';
import type { AnyStepPlan, Pipeline } from '../plan.js';
import { forecasting } from './forecasting.js';
import { selftest } from './selftest.js';

export const pipelines: readonly Pipeline[] = [forecasting, selftest];

/** @throws AppError `invalid_request` with the names there are */
export function findPipeline(name: string): Pipeline {
  const pipeline = pipelines.find((candidate) => candidate.name === name);
  if (pipeline) return pipeline;
  const known = pipelines.map((candidate) => candidate.name).join(', ');
  throw new AppError('invalid_request', `there is no pipeline "${name}"; there are: ${known}`, {
    issues: [{ path: 'pipeline', message: `must be one of: ${known}` }],
  });
}

/** Undefined for a step that only another version of the code knows. */
export function knownStepPlan(pipeline: string, step: string): AnyStepPlan | undefined {
  return pipelines.find(({ name }) => name === pipeline)?.steps.find(({ name }) => name === step);
}

/** @throws AppError `internal` for a step that the code of this process does not know */
export function findStepPlan(pipeline: string, step: string): AnyStepPlan {
  const plan = knownStepPlan(pipeline, step);
  if (!plan) throw new AppError('internal', `this version of the code has no step ${pipeline}/${step}`);
  return plan;
}
