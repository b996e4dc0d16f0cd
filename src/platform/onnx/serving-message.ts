import type { ModelManifest } from '../../contracts/model-manifest.js';

/** What a serving thread begins with. */
export interface ServingStart {
  model: Uint8Array;
  manifest: ModelManifest;
}

/** To a serving thread. Arrays are transferred, not copied. */
export type ServingRequest =
  | {
      kind: 'run';
      id: number;
      windows: number;
      time: BigInt64Array<ArrayBuffer>;
      cells: Float64Array<ArrayBuffer>;
    }
  | { kind: 'stop' };

/** From a serving thread. */
export type ServingReply =
  | { kind: 'ready' }
  | { kind: 'unusable'; message: string }
  | { kind: 'done'; id: number; forecast: Float64Array }
  | { kind: 'failed'; id: number; message: string };
