import type { TensorSpec } from '../../contracts/tensor.js';

const longest = 100;
const most = 20;

/** The names of tensors for a message. */
export function nameList(specs: readonly TensorSpec[]): string {
  const names = specs.slice(0, most).map(({ name }) => quoteName(name));
  return `${names.join(', ') || 'none'}${specs.length > most ? ', …' : ''}`;
}

/** A name for a message: quoted, and cut when it is long. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > longest ? `${name.slice(0, longest)}…` : name);
}
