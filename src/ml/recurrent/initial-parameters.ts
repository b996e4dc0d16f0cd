import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { parameterCount, type RecurrentShape } from './shape.js';

/**
 * Uniform in ±1/sqrt(H) for every parameter, as torch.nn.GRU, LSTM and a Linear with H inputs begin.
 *
 * @returns the flat parameter vector `[P]`
 */
export function initialParameters(shape: RecurrentShape, random: RandomGenerator): Float32Array {
  const bound = 1 / Math.sqrt(shape.hiddenSize);
  return Float32Array.from({ length: parameterCount(shape) }, () => (2 * uniformFloat32(random) - 1) * bound);
}
