import { describe, expect, it } from 'vitest';
import type { AttemptEvent } from '../src/engine/write-events.js';
import { EventBuffer } from './event-buffer.js';
import { logLimits } from './log-limits.js';

const line = (message: string) => ({ level: 'info' as const, message });
const point = (step: number, value = 0.5) => ({ key: 'loss', value, step, timestamp: 1_700_000_000_000 });
const messageOf = (event: AttemptEvent) => (event.kind === 'log' ? event.data.message : 'points');

/** Takes everything, as a journal does whose database answers. */
function drain(buffer: EventBuffer): AttemptEvent[] {
  const events: AttemptEvent[] = [];
  while (!buffer.isEmpty) {
    events.push(...buffer.next());
    buffer.written();
  }
  return events;
}

describe('what an attempt says', () => {
  it('comes out in its order, numbered from 1, with its age', () => {
    let now = 1_000;
    const buffer = new EventBuffer(() => now);
    buffer.addLine(line('one'));
    now = 1_250;
    buffer.addPoints([point(1), point(2)]);
    buffer.addLine(line('two\0'));
    expect(buffer.next()).toEqual([
      { kind: 'log', place: 1, age: 250, data: line('one') },
      { kind: 'metrics', place: 2, age: 0, data: { points: [point(1), point(2)] } },
      { kind: 'log', place: 3, age: 0, data: line('two') },
    ]);
  });

  it('is handed out the same again until it is written, whatever is added meanwhile', () => {
    const buffer = new EventBuffer(() => 0);
    buffer.addLine(line('one'));
    buffer.addPoints([point(1)]);
    const first = buffer.next();
    // They would otherwise change an event that may have been written.
    buffer.addPoints([point(2)]);
    buffer.addLine(line('two'));
    expect(buffer.next()).toEqual(first);
    buffer.written();
    expect(drain(buffer).map(({ place, kind }) => `${place} ${kind}`)).toEqual(['3 metrics', '4 log']);
    expect(buffer.isEmpty).toBe(true);
  });

  it('is divided into statements by number and by length', () => {
    const buffer = new EventBuffer();
    for (let i = 0; i < 2_500; i++) buffer.addLine(line(`line ${i}`));
    expect(buffer.next()).toHaveLength(1_000);
    const long = new EventBuffer();
    for (let i = 0; i < 200; i++) long.addLine(line('x'.repeat(4_000)));
    expect(long.next().length).toBeLessThan(70);
    expect(drain(long)).toHaveLength(200);
  });

  it('keeps values that JSON has no numbers for', () => {
    const buffer = new EventBuffer();
    buffer.addPoints([point(1, Number.NaN), point(2, Infinity), point(3, -Infinity)]);
    const [event] = drain(buffer);
    expect(event?.kind === 'metrics' && event.data.points.map(({ value }) => value)).toEqual([
      'NaN',
      'Infinity',
      '-Infinity',
    ]);
  });

  it('has a hundred points an event at most', () => {
    const buffer = new EventBuffer();
    buffer.addPoints(Array.from({ length: 250 }, (_, step) => point(step)));
    const sizes = drain(buffer).map((event) => event.kind === 'metrics' && event.data.points.length);
    expect(sizes).toEqual([100, 100, 50]);
  });
});

describe('what is too much', () => {
  it('is left out after the limit of an attempt, and said at once and at the end', () => {
    const buffer = new EventBuffer();
    for (let i = 0; i < 100_000; i++) buffer.addLine(line(`line ${i}`));
    buffer.leaveOut(5);
    buffer.sayLeftOut();
    const messages = drain(buffer).map(messageOf);
    expect(messages).toHaveLength(logLimits.lines + 2);
    expect(messages[logLimits.lines - 1]).toBe(`line ${logLimits.lines - 1}`);
    expect(messages[logLimits.lines]).toBe(
      'an attempt keeps 10000 lines: what it says from here on is left out',
    );
    expect(messages[logLimits.lines + 1]).toMatch(/^90005 lines were left out: /);
    buffer.sayLeftOut();
    expect(buffer.isEmpty).toBe(true);
  });

  it('is left out of what the process prints, by the second', () => {
    let now = 0;
    const buffer = new EventBuffer(() => now);
    for (const second of [0, 1]) {
      now = second * 1_000;
      for (let i = 0; i < 1_500; i++) buffer.addPrinted(line(`${second} ${i}`));
    }
    buffer.sayLeftOut();
    const messages = drain(buffer).map(messageOf);
    expect(messages).toHaveLength(2_001);
    expect(messages[1_000]).toBe('1 0');
    expect(messages.at(-1)).toMatch(/^1000 lines were left out: /);
  });

  it('is dropped while nothing can be written, and said when it can again', () => {
    const buffer = new EventBuffer();
    const message = 'x'.repeat(4_000);
    for (let i = 0; i < 2_000; i++) buffer.addLine(line(message));
    for (let i = 0; i < 1_000_000; i++) buffer.addPoints([point(i)]);
    const kept = drain(buffer);
    const length = kept.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
    expect(length).toBeLessThan(2 * logLimits.waitingLength);
    const lines = kept.filter((event) => messageOf(event) === message).length;
    expect(messageOf(kept.at(-1)!)).toBe(
      `${2_000 - lines} lines were left out: too many waited for the database`,
    );
    buffer.addLine(line('after'));
    expect(drain(buffer).map(messageOf)).toEqual(['after']);
  });
});
