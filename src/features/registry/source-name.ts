const longest = 200;

/** What a file was called, as it can be stored and shown: a client may call it anything. */
export function sourceName(filename: string): string {
  const shown = filename.slice(0, longest).replaceAll(/[\p{C}]/gu, '');
  return shown === '' ? 'model.onnx' : shown;
}
