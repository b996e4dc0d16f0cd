import { describe, expect, it } from 'vitest';
import { nextCronTime } from './cron-times.js';
import { zoneOffsetMs } from './zone-clock.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** `03-29T01:30Z`, … */
function times(cron: string, zone: string, after: string, count: number): string[] {
  const found: string[] = [];
  for (let at = Date.parse(after); found.length < count;) {
    at = nextCronTime(cron, zone, at);
    found.push(`${new Date(at).toISOString().slice(5, 16)}Z`);
  }
  return found;
}

describe('a cron expression', () => {
  it('goes by the clock of its zone', () => {
    expect(times('30 2 * * *', 'UTC', '2026-06-01T00:00:00Z', 2)).toEqual(['06-01T02:30Z', '06-02T02:30Z']);
    expect(times('30 2 * * *', 'Europe/Madrid', '2026-06-01T00:00:00Z', 1)).toEqual(['06-01T00:30Z']);
    expect(times('30 2 * * *', 'Asia/Kathmandu', '2026-06-01T00:00:00Z', 1)).toEqual(['06-01T20:45Z']);
  });

  it('has no time at the very moment that it is asked about', () => {
    expect(times('0 * * * *', 'UTC', '2026-06-01T05:00:00.000Z', 1)).toEqual(['06-01T06:00Z']);
    expect(times('0 * * * *', 'UTC', '2026-06-01T04:59:59.999Z', 1)).toEqual(['06-01T05:00Z']);
  });

  it('may begin with the second', () => {
    expect(nextCronTime('*/10 * * * * *', 'UTC', Date.parse('2026-06-01T00:00:01Z'))).toBe(
      Date.parse('2026-06-01T00:00:10Z'),
    );
  });

  it('finds a day that comes every four years', () => {
    expect(
      new Date(nextCronTime('0 0 29 2 *', 'UTC', Date.parse('2026-06-01T00:00:00Z'))).toISOString(),
    ).toBe('2028-02-29T00:00:00.000Z');
  });

  it.each(['0 0 31 2 *', '0 0 30 2 *', '0 0 31 4,6,9,11 *'])('is refused when it never comes: %s', (cron) => {
    expect(() => nextCronTime(cron, 'UTC', 0)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        issues: [expect.objectContaining({ path: 'cron' })],
      }),
    );
  });

  it.each(['99 * * * *', '*/0 * * * *', 'a b c d e', '0 0 * * 9'])(
    'is refused when it is none: %s',
    (cron) => {
      expect(() => nextCronTime(cron, 'UTC', 0)).toThrow(
        expect.objectContaining({ code: 'invalid_request' }),
      );
    },
  );
});

// Madrid: from 02:00 to 03:00 on 29 March 2026 (01:00 UTC), and from 03:00 back to 02:00 on 25 October (01:00 UTC).
describe('when the clock is put forward', () => {
  it('lets a time that is skipped come at that moment, once', () => {
    expect(times('30 2 * * *', 'Europe/Madrid', '2026-03-28T12:00:00Z', 2)).toEqual([
      '03-29T01:00Z',
      '03-30T00:30Z',
    ]);
    expect(times('0,15,30 2 * * *', 'Europe/Madrid', '2026-03-28T12:00:00Z', 2)).toEqual([
      '03-29T01:00Z',
      '03-30T00:00Z',
    ]);
  });

  it('loses no day whose midnight is skipped', () => {
    expect(times('0 0 * * *', 'America/Santiago', '2026-09-05T12:00:00Z', 2)).toEqual([
      '09-06T04:00Z',
      '09-07T03:00Z',
    ]);
  });

  it('goes on hour by hour with what comes every hour', () => {
    expect(times('0 * * * *', 'Europe/Madrid', '2026-03-28T23:30:00Z', 4)).toEqual([
      '03-29T00:00Z',
      '03-29T01:00Z',
      '03-29T02:00Z',
      '03-29T03:00Z',
    ]);
  });
});

describe('when the clock is put back', () => {
  it('lets a time that is repeated come the first time only', () => {
    expect(times('30 2 * * *', 'Europe/Madrid', '2026-10-24T12:00:00Z', 2)).toEqual([
      '10-25T00:30Z',
      '10-26T01:30Z',
    ]);
    // Asked while the clock shows those times again.
    expect(times('45 2 * * *', 'Europe/Madrid', '2026-10-25T01:10:00Z', 1)).toEqual(['10-26T01:45Z']);
    expect(times('0 3 * * *', 'Europe/Madrid', '2026-10-25T01:10:00Z', 1)).toEqual(['10-25T02:00Z']);
  });

  it('goes on hour by hour with what comes every hour', () => {
    expect(times('*/30 * * * *', 'Europe/Madrid', '2026-10-24T23:45:00Z', 6)).toEqual([
      '10-25T00:00Z',
      '10-25T00:30Z',
      '10-25T01:00Z',
      '10-25T01:30Z',
      '10-25T02:00Z',
      '10-25T02:30Z',
    ]);
  });
});

// The library, given these zones itself, loses days or gives up.
it.each(['America/Santiago', 'Africa/Cairo', 'Atlantic/Azores', 'Africa/Casablanca', 'Antarctica/Troll'])(
  'comes once on every day of a year, also in the hours of change, in %s',
  (zone) => {
    for (const hour of [0, 1, 2, 23]) {
      let at = Date.UTC(2026, 0, 1);
      for (let days = 0; days < 365; days += 1) {
        const next = nextCronTime(`30 ${hour} * * *`, zone, at);
        const localDay = (time: number) => Math.floor((time + zoneOffsetMs(zone, time)) / dayMs);
        if (days > 0) expect(localDay(next) - localDay(at)).toBe(1);
        at = next;
      }
    }
  },
);
