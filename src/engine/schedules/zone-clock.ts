const minuteMs = 60_000;

/** Making one takes longer than asking it a hundred times. */
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * How far the clocks of a zone are ahead of UTC.
 * @returns milliseconds
 */
export function zoneOffsetMs(zone: string, at: number): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  // `GMT`, `GMT-04:00`, `GMT+05:45`.
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * minuteMs;
}

/**
 * When a zone's clocks are changed.
 *
 * @param from a moment before the change
 * @param to one after it, with another offset
 * @returns the first moment of the new offset: clocks are changed at whole minutes
 */
export function zoneChangeMs(zone: string, from: number, to: number): number {
  const before = zoneOffsetMs(zone, from);
  let [old, changed] = [Math.floor(from / minuteMs), Math.ceil(to / minuteMs)];
  while (changed - old > 1) {
    const middle = Math.floor((old + changed) / 2);
    if (zoneOffsetMs(zone, middle * minuteMs) === before) old = middle;
    else changed = middle;
  }
  return changed * minuteMs;
}
