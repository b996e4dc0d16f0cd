export const mediaTypes = {
  parquet: 'application/vnd.apache.parquet',
  json: 'application/json',
  jsonLines: 'application/x-ndjson',
  onnx: 'application/octet-stream',
  yaml: 'application/yaml',
} as const;

const byExtension: Record<string, string> = {
  parquet: mediaTypes.parquet,
  json: mediaTypes.json,
  onnx: mediaTypes.onnx,
};

/** By the file's ending; MLflow's `MLmodel` is YAML without one. */
export function mediaTypeOf(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  if (file === 'MLmodel') return mediaTypes.yaml;
  return byExtension[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}
