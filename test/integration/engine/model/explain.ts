import { applyOperation } from './apply-operation.js';
import type { ModelRun } from './model-run.js';
import type { Answer, Operation } from './operation.js';

export interface Done {
  operation: Operation;
  answer: Answer;
}

/**
 * The run after operations that were done at the same time: whatever order they took effect in, they must have
 * answered, and left behind, what they would have one after another in that order. Undefined when there is none.
 */
export function explain(
  before: ModelRun,
  done: readonly Done[],
  fits: (model: ModelRun) => boolean,
): ModelRun | undefined {
  // Different orders meet in the same place: it is left once.
  const visited = new Set<string>();
  const search = (model: ModelRun, left: readonly Done[]): ModelRun | undefined => {
    if (left.length === 0) return fits(model) ? model : undefined;
    const place = JSON.stringify([left, model]);
    if (visited.has(place)) return undefined;
    visited.add(place);
    for (const next of left) {
      const after = applyOperation(model, next.operation, next.answer);
      const rest = left.filter((other) => other !== next);
      const found = after && search(after, rest);
      if (found) return found;
    }
    return undefined;
  };
  return search(before, done);
}
