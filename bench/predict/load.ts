import net from 'node:net';
import { quantile } from '../quantile.js';

/** A whole HTTP request, to be sent again and again. */
export interface LoadRequest {
  port: number;
  path: string;
  /** A GET without one. */
  body?: string;
}

export interface LoadResult {
  requests_per_second: number;
  p50_ms: number;
  p99_ms: number;
  /** Answers other than 200. */
  errors: number;
}

interface Settings {
  connections: number;
  seconds: number;
  /** Requests a second, sent on time whether answers came or not; as fast as answers come without it. */
  rate?: number;
}

const warmupShare = 0.2;

/**
 * Sends one request over and over. Our own, because the machine is small: it must take far less of it than what it
 * measures, and count fractions of a millisecond.
 *
 * With a rate the loop is open: a request is due at its time and its latency counts from then, also when it had to wait
 * for a free connection, so that a server that stalls is not spared the requests of that time.
 */
export async function load(
  request: LoadRequest,
  { connections, seconds, rate }: Settings,
): Promise<LoadResult> {
  const text = message(request);
  const began = performance.now();
  const counted = began + seconds * 1_000 * warmupShare;
  const end = began + seconds * 1_000;
  const latencies: number[] = [];
  let errors = 0;
  const note = (due: number, ok: boolean) => {
    if (due < counted) return;
    latencies.push(performance.now() - due);
    if (!ok) errors++;
  };
  const clients = await Promise.all(Array.from({ length: connections }, () => connect(request.port)));
  if (rate === undefined) {
    const work = async (client: Client) => {
      while (performance.now() < end) {
        const due = performance.now();
        note(due, await client.send(text));
      }
    };
    await Promise.all(clients.map(work));
  } else {
    await openLoop(clients, text, rate, began, end, note);
  }
  for (const client of clients) client.close();
  const measured = (end - counted) / 1_000;
  return {
    requests_per_second: Math.round(latencies.length / measured),
    p50_ms: round(quantile(latencies, 0.5)),
    p99_ms: round(quantile(latencies, 0.99)),
    errors,
  };
}

async function openLoop(
  clients: readonly Client[],
  text: string,
  rate: number,
  began: number,
  end: number,
  note: (due: number, ok: boolean) => void,
): Promise<void> {
  const free = [...clients];
  const waiting: number[] = [];
  const underWay = new Set<Promise<void>>();
  let sent = 0;
  const answer = async (client: Client, due: number) => {
    note(due, await client.send(text));
    free.push(client);
    dispatch();
  };
  const dispatch = () => {
    while (free.length > 0 && waiting.length > 0) {
      const answered = answer(free.pop()!, waiting.shift()!).finally(() => underWay.delete(answered));
      underWay.add(answered);
    }
  };
  for (;;) {
    const now = performance.now();
    if (now >= end) break;
    for (; began + (sent * 1_000) / rate <= now; sent++) waiting.push(began + (sent * 1_000) / rate);
    dispatch();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  while (waiting.length > 0 || underWay.size > 0) await Promise.race(underWay);
}

interface Client {
  /** Resolves when the whole answer is there: true for a 200. */
  send(text: string): Promise<boolean>;
  close(): void;
}

function connect(port: number): Promise<Client> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  let received = '';
  let answered: ((ok: boolean) => void) | undefined;
  const settle = (ok: boolean) => {
    const done = answered;
    [answered, received] = [undefined, ''];
    done?.(ok);
  };
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
    if (isWhole(received)) settle(received.startsWith('HTTP/1.1 200'));
  });
  socket.on('close', () => settle(false));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () =>
      resolve({
        send: (text) =>
          new Promise((answer) => {
            answered = answer;
            if (socket.destroyed) settle(false);
            else socket.write(text, 'latin1');
          }),
        close: () => socket.destroy(),
      }),
    );
  });
}

function isWhole(answer: string): boolean {
  const headers = answer.indexOf('\r\n\r\n');
  if (headers < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
  if (length === undefined) return answer.endsWith('\r\n0\r\n\r\n');
  return answer.length >= headers + 4 + Number(length);
}

function message({ path, body }: LoadRequest): string {
  if (body === undefined) return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`;
  return [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
