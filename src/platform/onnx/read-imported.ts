import { AppError } from '../../contracts/app-error.js';
import { type ClassLabel, outputClasses } from './class-labels.js';
import { readOutline } from './model-outline.js';
import { refuseExternalData } from './refuse-external-data.js';
import { unzipOutputs } from './unzip-outputs.js';

/** An imported file, ready to be loaded. */
export interface ImportedModel {
  /** What ONNX Runtime is given: the file, or what is made of it where its outputs cannot be read from Node. */
  model: Uint8Array;
  /** Version of each set of operators that it uses; `ai.onnx` is ONNX's own. */
  opset: Record<string, number>;
  /** What wrote it, with its version. */
  producer: string;
  /** Labels of the columns of outputs that hold a score a class, by output. */
  classes: Record<string, ClassLabel[]>;
}

/**
 * Looks at an ONNX file that nobody here wrote, before ONNX Runtime does. Only in a process that may end over it.
 *
 * @throws AppError `unprocessable` when it is no ONNX model, or has values in other files
 */
export function readImported(file: Uint8Array): ImportedModel {
  if (file.length === 0) throw new AppError('unprocessable', 'the file is empty');
  // ONNX Runtime has a format of its own, which it knows by these bytes wherever they come from: a protobuf that has
  // them too would be read as something else than what is looked at here.
  if (Buffer.from(file.subarray(4, 8)).toString('latin1') === 'ORTM') {
    throw new AppError('unprocessable', 'the file is a model in the format of ONNX Runtime: save it as ONNX');
  }
  refuseExternalData(file);
  const outline = readOutline(file);
  const { model, classes } = unzipOutputs(file, outline);
  return {
    model,
    opset: outline.opset,
    producer: outline.producer,
    classes: { ...outputClasses(outline), ...classes },
  };
}
