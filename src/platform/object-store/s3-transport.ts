import http from 'node:http';
import https from 'node:https';
import type { ClientOptions } from 'minio';
import { AppError } from '../../contracts/app-error.js';

/** Answers that say "not now": the client would try them again by itself, with a body that is used up. */
const busyStatuses: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/** The store answered that it cannot do it now; the same request may succeed a moment later. */
export class StoreBusy extends Error {
  constructor(readonly status: number) {
    super(`The object store answered ${status}.`);
  }
}

/** Milliseconds. */
export interface S3Timeouts {
  /** To find, connect to and greet the store. */
  connectMs: number;
  /** Without one byte in either direction, while it is not our own reader that pauses. */
  idleMs: number;
}

type Answer = (response: http.IncomingMessage) => void;

/**
 * How the S3 client sends its requests. The client has no timeouts at all, and keeps neither status nor
 * connection of an answer that it takes for busy; this transport ends a request that is stuck and turns such
 * answers into {@link StoreBusy}.
 */
export function createS3Transport(
  secure: boolean,
  timeouts: S3Timeouts,
): Required<Pick<ClientOptions, 'transport' | 'transportAgent'>> {
  const send: typeof http.request = secure ? https.request : http.request;

  function request(
    target: http.RequestOptions | string | URL,
    second?: http.RequestOptions | Answer,
    third?: Answer,
  ): http.ClientRequest {
    const answer = typeof second === 'function' ? second : third;
    const onResponse: Answer = (response) => {
      const status = response.statusCode ?? 0;
      if (busyStatuses.has(status)) sent.destroy(new StoreBusy(status));
      else answer?.(response);
    };
    const sent =
      typeof second === 'object' && (typeof target === 'string' || target instanceof URL)
        ? send(target, second, onResponse)
        : send(target, onResponse);
    endWhenIdle(sent, secure, timeouts);
    return sent;
  }

  const agent = new (secure ? https.Agent : http.Agent)({ keepAlive: true });
  return { transport: { request }, transportAgent: agent };
}

function endWhenIdle(sent: http.ClientRequest, secure: boolean, { connectMs, idleMs }: S3Timeouts): void {
  let body: http.IncomingMessage | undefined;
  sent.once('response', (response: http.IncomingMessage) => {
    body = response;
  });
  sent.once('socket', (socket) => {
    const connected = () => socket.setTimeout(idleMs);
    // After a pause of this process itself, timers come before what arrived meanwhile: that is read first.
    const onTimeout = () => {
      const { bytesRead } = socket;
      setImmediate(() => socket.bytesRead === bytesRead && idle());
    };
    const idle = () => {
      // Bytes lie here that nobody fetches: the reader pauses, and may take its time.
      if (body && body.readableLength > 0) {
        socket.setTimeout(idleMs);
        return;
      }
      const waited = socket.connecting ? connectMs : idleMs;
      const error = new AppError(
        'unavailable',
        `The object store gave no sign of life for ${waited / 1_000} s.`,
      );
      if (body) body.destroy(error);
      else sent.destroy(error);
    };
    if (socket.connecting) {
      socket.setTimeout(connectMs);
      socket.once(secure ? 'secureConnect' : 'connect', connected);
    } else {
      connected();
    }
    socket.on('timeout', onTimeout);
    // The socket outlives the request: the next one gets its own clock.
    sent.once('close', () => {
      socket.off('timeout', onTimeout);
      socket.setTimeout(0);
    });
  });
}
