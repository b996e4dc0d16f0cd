import { importedType } from '../../contracts/imported-manifest.js';
import type { ServedModel } from '../../contracts/served-model.js';

const MiB = 1_048_576;
/** V8 and its heap, measured: a thread, and a process with ONNX Runtime in it. */
const overhead = { thread: 16 * MiB, process: 96 * MiB };
/** The weights as they are loaded, and again for what runs need. */
const perByte = 2;

/** Memory that a loaded model is reckoned with, bytes: nobody can ask ONNX Runtime. */
export function modelMemory({ model_type, model }: Pick<ServedModel, 'model_type' | 'model'>): number {
  return (model_type === importedType ? overhead.process : overhead.thread) + perByte * model.size;
}
