import { parseAnswer } from '../parse-answer.js';
import { ModelVersion } from '../../../src/contracts/registry.js';
import type { TestApp } from '../../app.js';

export interface ImportFields {
  name?: string;
  description?: string;
  tags?: string | Record<string, string>;
  max_batch?: string | number;
  example?: unknown;
  [other: string]: unknown;
}

/** Sends a model as a browser or curl does, its file first or last. */
export async function sendModel(
  { url }: Pick<TestApp, 'url'>,
  file: Uint8Array | null,
  fields: ImportFields = {},
  {
    key,
    fileFirst = true,
    filename = 'churn.onnx',
    request,
    path = '/models/import',
  }: { key?: string; fileFirst?: boolean; filename?: string; request?: string; path?: string } = {},
) {
  const form = new FormData();
  const addFile = () => file && form.append('file', new Blob([Buffer.from(file)]), filename);
  if (fileFirst) addFile();
  for (const [name, value] of Object.entries({ name: 'churn', ...fields })) {
    if (value === undefined) continue;
    form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  if (!fileFirst) addFile();
  const headers = {
    ...(key !== undefined && { 'idempotency-key': key }),
    ...(request !== undefined && { 'x-request-id': request }),
  };
  const response = await fetch(`${url}${path}`, { method: 'POST', body: form, headers });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  };
}

/** The same, and what it became. */
export async function importModel(...request: Parameters<typeof sendModel>): Promise<ModelVersion> {
  const answer = await sendModel(...request);
  if (answer.status !== 201) throw new Error(`the import was answered ${answer.status}: ${answer.text}`);
  return parseAnswer(ModelVersion, answer);
}
