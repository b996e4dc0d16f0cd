import type { z } from 'zod';
import { PipelineRun } from '../../src/contracts/pipeline-run.js';
import { endedRuns } from '../../src/engine/transitions.js';
import { parseAnswer } from '../http/parse-answer.js';
import { until } from './until.js';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** Calls a gateway as people's programs do: over HTTP, and again when it does not answer because it is being started. */
export function gatewayClient(url: () => string) {
  const call = (path: string, init: RequestInit = {}): Promise<Answer> =>
    until(`${init.method ?? 'GET'} ${path} is answered`, async () => {
      try {
        const response = await fetch(`${url()}${path}`, init);
        return { status: response.status, headers: response.headers, text: await response.text() };
      } catch (error) {
        // Refused or broken off: nobody listens there at the moment.
        if (error instanceof TypeError) return undefined;
        throw error;
      }
    });
  const post = (path: string, body: unknown = {}) =>
    call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const answer = await call(path);
    if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${answer.text}`);
    return parseAnswer(schema, answer);
  };
  const run = (id: string) => read(`/pipeline-runs/${id}`, PipelineRun);
  const client = {
    url,
    call,
    post,
    read,
    run,
    async upload(key: string, body: string | Buffer) {
      const answer = await call(`/objects/dataset/${key}`, {
        method: 'PUT',
        body: new Uint8Array(Buffer.from(body)),
      });
      if (answer.status > 201) throw new Error(`upload of ${key}: ${answer.status} ${answer.text}`);
    },
    /** Triggers a run and gives its id. */
    async trigger(parameters: object, pipeline = 'forecasting'): Promise<string> {
      const answer = await post('/pipeline-runs', { pipeline, parameters });
      if (answer.status !== 202) throw new Error(`the run was not accepted: ${answer.status} ${answer.text}`);
      return parseAnswer(PipelineRun, answer).id;
    },
    /** The run when a question about it is answered with yes. */
    when: (id: string, what: string, ask: (run: PipelineRun) => boolean, patienceMs?: number) =>
      until(
        `run ${id}: ${what}`,
        async () => {
          const found = await run(id);
          return ask(found) ? found : undefined;
        },
        patienceMs,
      ),
    ended: (id: string, patienceMs?: number) =>
      client.when(id, 'it has ended', ({ state }) => endedRuns.has(state), patienceMs),
  };
  return client;
}

export type GatewayClient = ReturnType<typeof gatewayClient>;
