import { setTimeout as delay } from 'node:timers/promises';
import type { EndEvent, ProgressEvent } from '../../contracts/run-event.js';
import type { RunNow } from '../../engine/read-events.js';
import { endedRuns } from '../../engine/transitions.js';
import { eventText, retryText } from './event-text.js';
import type { Follower } from './follower.js';
import { Heartbeats } from './heartbeats.js';

export interface StreamSettings {
  /** Of the last event that the reader has seen. */
  after: number;
  heartbeatMs: number;
  onError: (error: unknown) => void;
}

const reconnectMs = 1_000;
/** Between two reads of one reader at least: a run that writes all the time is read in pages, not row by row. */
const readEveryMs = 20;
/** Until the next read after one that failed. */
const readAgainMs = 500;

/**
 * A run's events as text, from the one after `after` to the end of the run. Each piece is made when it is asked for,
 * so a reader that is slow keeps one page in memory, whatever there is behind it. An outage of the database is waited
 * through.
 */
export async function* runEventStream(
  follower: Follower,
  { after, heartbeatMs, onError }: StreamSettings,
): AsyncGenerator<string> {
  const beats = new Heartbeats(heartbeatMs, follower.closed);
  const pause = (milliseconds: number) =>
    beats.waitFor(delay(Math.max(0, milliseconds), undefined, { ref: false }));
  /** The progress that was shown last, by step. */
  const shown = new Map<string, string>();
  let seen = after;

  yield beats.said(retryText(reconnectMs));
  while (!follower.closed.aborted) {
    const readAt = performance.now();
    let now: RunNow | undefined;
    try {
      now = yield* beats.waitFor(follower.read(seen));
    } catch (error) {
      onError(error);
      yield* pause(readAgainMs);
      continue;
    }
    if (!now) return;
    const { events, progress, state, last_event } = now;
    if (events.length > 0)
      yield beats.said(events.map(({ event, data }) => eventText(event, data, data.number)).join(''));
    // Of a run that has fewer events than the reader has seen (its database was restored, or the number is made up)
    // the next ones are shown.
    seen = Math.min(events.at(-1)?.data.number ?? seen, last_event);
    if (seen < last_event) continue;
    const news = progress.filter((latest) => isNew(latest, shown));
    if (news.length > 0) yield beats.said(news.map((latest) => eventText('progress', latest)).join(''));
    if (endedRuns.has(state)) {
      yield beats.said(eventText('end', { state } satisfies EndEvent));
      return;
    }
    yield* pause(readAt + readEveryMs - performance.now());
    yield* beats.waitFor(follower.news());
  }
}

function isNew({ step, attempt, progress }: ProgressEvent, shown: Map<string, string>): boolean {
  const text = JSON.stringify({ attempt, progress });
  if (shown.get(step) === text) return false;
  shown.set(step, text);
  return true;
}
