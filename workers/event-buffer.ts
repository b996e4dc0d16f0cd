import type { EventPoint } from '../src/contracts/run-event.js';
import { type LogLine, storableMessage } from '../src/contracts/log-line.js';
import type { MetricPoint } from '../src/contracts/step-message.js';
import type { AttemptEvent } from '../src/engine/write-events.js';
import { logLimits } from './log-limits.js';

/** Events in one statement, points in one event, at most. */
const mostEvents = 1_000;
const mostPoints = 100;
/** UTF-16 units in one statement, about: every connection that once carried a long one keeps a buffer for it. */
const statementLength = 256 * 1024;

/** UTF-16 units of a point beside its key, about. */
const pointLength = 60;

type Content = { kind: 'log'; data: LogLine } | { kind: 'metrics'; data: { points: EventPoint[] } };
interface Waiting {
  place: number;
  at: number;
  length: number;
  content: Content;
}

/**
 * What an attempt has said and nobody has written yet. Bounded, whatever it says and however long the database is
 * away; what is left out is counted, and said.
 */
export class EventBuffer {
  private readonly waiting: Waiting[] = [];
  private length = 0;
  /** The first so many have been handed out and must stay as they are: they may have been written. */
  private handedOut = 0;
  private places = 0;
  private lines = 0;
  private leftOut = 0;
  private dropped = 0;
  private second = -1;
  private printed = 0;

  /** @param clock milliseconds, monotonic */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.dropped === 0;
  }

  /** A line of the step's own. */
  addLine(line: LogLine): void {
    this.lines += 1;
    if (this.lines > logLimits.lines) {
      if (this.lines === logLimits.lines + 1) {
        this.note(`an attempt keeps ${logLimits.lines} lines: what it says from here on is left out`);
      }
      this.leftOut += 1;
      return;
    }
    const message = storableMessage(line.message);
    if (this.isFull) this.dropped += 1;
    else this.push({ kind: 'log', data: { level: line.level, message } }, message.length);
  }

  /** A line that the step's process printed. */
  addPrinted(line: LogLine): void {
    const second = Math.floor(this.clock() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.printed = 0;
    }
    this.printed += 1;
    if (this.printed > logLimits.printedPerSecond) this.leftOut += 1;
    else this.addLine(line);
  }

  /** Points of one short time become one event. Their keys must be storable. */
  addPoints(points: readonly MetricPoint[]): void {
    for (const { key, value, step, timestamp } of points) {
      // The tracked run has all of them.
      if (this.isFull) return;
      const point = { key, value: jsonNumber(value), step, timestamp };
      const length = key.length + pointLength;
      const last = this.waiting.length > this.handedOut ? this.waiting.at(-1) : undefined;
      if (last?.content.kind === 'metrics' && last.content.data.points.length < mostPoints) {
        last.content.data.points.push(point);
        last.length += length;
        this.length += length;
      } else this.push({ kind: 'metrics', data: { points: [point] } }, length);
    }
  }

  /** Lines that were left out before they came here. */
  leaveOut(lines: number): void {
    this.leftOut += lines;
  }

  /** Says how much was left out since it was last said. */
  sayLeftOut(): void {
    if (this.leftOut === 0) return;
    const { lines, printedPerSecond } = logLimits;
    this.note(
      `${this.leftOut} lines were left out: an attempt keeps ${lines}, and of what its process prints ${printedPerSecond} a second`,
    );
    this.leftOut = 0;
  }

  /** The oldest, for one statement; they wait on until `written` is told of them. */
  next(): AttemptEvent[] {
    if (this.dropped > 0 && !this.isFull) {
      this.note(`${this.dropped} lines were left out: too many waited for the database`);
      this.dropped = 0;
    }
    if (this.handedOut === 0) {
      let length = 0;
      const end = this.waiting.findIndex((event) => (length += event.length) > statementLength);
      this.handedOut = Math.min(mostEvents, end < 0 ? this.waiting.length : Math.max(1, end));
    }
    const events = this.waiting.slice(0, this.handedOut);
    const now = this.clock();
    return events.map(({ place, at, content }) => ({ place, age: now - at, ...content }));
  }

  /** What `next` gave last is done with. */
  written(): void {
    for (const { length } of this.waiting.splice(0, this.handedOut)) this.length -= length;
    this.handedOut = 0;
  }

  private get isFull(): boolean {
    return this.waiting.length >= logLimits.waiting || this.length >= logLimits.waitingLength;
  }

  private note(message: string): void {
    this.push({ kind: 'log', data: { level: 'warn', message } }, message.length);
  }

  private push(content: Content, length: number): void {
    this.places += 1;
    this.length += length;
    this.waiting.push({ place: this.places, at: this.clock(), length, content });
  }
}

function jsonNumber(value: number): EventPoint['value'] {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'Infinity';
  return value === -Infinity ? '-Infinity' : value;
}
