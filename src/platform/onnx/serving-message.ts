import type { ImportedFacts } from '../../contracts/imported-manifest.js';
import type { ServedManifest } from '../../contracts/served-manifest.js';
import type { ModelSignature } from '../../contracts/tensor.js';
import type { TensorData } from './tensor-data.js';

/** What a host of a session begins with. */
export interface ServingStart {
  model: Uint8Array;
  /** Null when the model is only looked at: then there is no example to run. */
  manifest: ServedManifest | null;
}

/** To the host of a session. Tensors stand in the order of the signature. */
export type ServingRequest = { kind: 'run'; id: number; inputs: TensorData[] } | { kind: 'stop' };

/** From the host of a session. */
export type ServingReply =
  | { kind: 'ready'; signature: ModelSignature }
  | { kind: 'inspected'; facts: ImportedFacts }
  | { kind: 'unusable'; message: string }
  | { kind: 'done'; id: number; outputs: TensorData[] }
  | { kind: 'failed'; id: number; message: string };
