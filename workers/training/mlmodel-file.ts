import type { ModelManifest } from '../../src/contracts/model-manifest.js';
import { signature } from '../../src/ml/export/signature.js';

/**
 * The content of the file `MLmodel`, by which an MLflow client finds out what lies beside it: an ONNX model with a
 * tensor signature. JSON is YAML, so it is written as JSON.
 */
export function mlModelFile(manifest: ModelManifest, now: number) {
  const { model_type, tracked_run_id, columns, targets, rows, horizon, sha256 } = manifest;
  const tensor = (name: string, dtype: string, shape: number[]) => ({
    name,
    type: 'tensor',
    'tensor-spec': { dtype, shape: [-1, ...shape] },
  });
  return {
    artifact_path: model_type,
    run_id: tracked_run_id,
    model_uuid: sha256.slice(0, 32),
    utc_time_created: new Date(now).toISOString().replace('T', ' ').replace('Z', ''),
    flavors: {
      onnx: { data: 'model.onnx', onnx_version: '1.16.0', providers: ['CPUExecutionProvider'], code: null },
      python_function: {
        loader_module: 'mlflow.onnx',
        data: 'model.onnx',
        python_version: '3.11.0',
        env: {},
      },
    },
    signature: {
      inputs: JSON.stringify([
        tensor(signature.time, 'int64', [rows]),
        tensor(signature.columns, 'float64', [rows, columns.length]),
      ]),
      outputs: JSON.stringify([tensor(signature.forecast, 'float64', [horizon, targets.length])]),
    },
  };
}
