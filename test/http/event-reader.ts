import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';

export interface ReceivedEvent {
  id: number | undefined;
  event: string;
  data: Record<string, unknown>;
  /** When it arrived, milliseconds on the monotonic clock. */
  at: number;
}

export interface EventReader {
  status: number;
  headers: IncomingHttpHeaders;
  /** All that has arrived so far. */
  events: ReceivedEvent[];
  comments: string[];
  retry: number | undefined;
  /** What the server sent when it was no stream. */
  text: string;
  /** Resolves when the server has ended the answer, or the connection broke. */
  ended: Promise<void>;
  pause(): void;
  resume(): void;
  /** Goes away without a word, as a closed browser does. */
  leave(): void;
}

interface ReadFrom {
  headers?: Record<string, string>;
  query?: string;
}

/** Reads a run's events on a socket of its own; resolves with the headers. Only inside a test, at whose end it leaves. */
export function readEvents(
  origin: string,
  runId: string,
  { headers = {}, query = '' }: ReadFrom = {},
): Promise<EventReader> {
  return new Promise((resolve, reject) => {
    const url = new URL(`/pipeline-runs/${runId}/events${query}`, origin);
    const request = http.get(url, { headers, agent: false }, (response) =>
      resolve(follow(response, () => request.destroy())),
    );
    request.on('error', reject);
    onTestFinished(() => void request.destroy());
  });
}

function follow(response: IncomingMessage, leave: () => void): EventReader {
  let rest = '';
  const reader: EventReader = {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events: [],
    comments: [],
    retry: undefined,
    text: '',
    ended: new Promise((resolve) => response.once('close', resolve)),
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    leave,
  };
  response.on('error', () => {});
  response.setEncoding('utf8').on('data', (text: string) => {
    if (reader.status !== 200) {
      reader.text += text;
      return;
    }
    const blocks = `${rest}${text}`.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) take(block, reader);
  });
  return reader;
}

/** One block of a stream, by the rules of the specification as far as they are used. */
function take(block: string, reader: EventReader): void {
  const fields = new Map(
    block.split('\n').map((line) => [line.split(':')[0] ?? '', line.replace(/^[^:]*: ?/, '')]),
  );
  const comment = fields.get('');
  if (comment !== undefined) reader.comments.push(comment);
  const retry = fields.get('retry');
  if (retry !== undefined) reader.retry = Number(retry);
  const data = fields.get('data');
  if (data === undefined) return;
  const id = fields.get('id');
  reader.events.push({
    id: id === undefined ? undefined : Number(id),
    event: fields.get('event') ?? 'message',
    data: JSON.parse(data) as Record<string, unknown>,
    at: performance.now(),
  });
}
