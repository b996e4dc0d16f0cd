const dayMs = 86_400_000;

/** Days from 1970-01-01 to a proleptic Gregorian date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The number that `count` digits at `start` spell, or NaN when one of them is no digit or the text is over. */
function digits(text: string, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Milliseconds east of UTC of `Z`, `+HH:MM`, `+HHMM` or `+HH` from `at` to the end; no zone is UTC. */
function zoneOffset(text: string, at: number): number {
  const length = text.length - at;
  if (length === 0) return 0;
  const sign = text[at];
  if (sign === 'Z' || sign === 'z') return length === 1 ? 0 : Number.NaN;
  if (sign !== '+' && sign !== '-') return Number.NaN;
  const colon = text[at + 3] === ':';
  if (length !== 3 && length !== (colon ? 6 : 5)) return Number.NaN;
  const hours = digits(text, at + 1, 2);
  const minutes = length === 3 ? 0 : digits(text, at + (colon ? 4 : 3), 2);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (hours * 60 + minutes) * (sign === '-' ? -60_000 : 60_000);
}

/** Milliseconds since midnight of `HH:MM[:SS[.fraction]][zone]` from `at` to the end; `zone` false allows none. */
function clockMs(text: string, at: number, zone: boolean): number {
  const hours = digits(text, at, 2);
  const minutes = digits(text, at + 3, 2);
  if (text[at + 2] !== ':' || !(hours <= 23 && minutes <= 59)) return Number.NaN;
  let ms = (hours * 60 + minutes) * 60_000;
  let end = at + 5;
  if (text[end] === ':') {
    const seconds = digits(text, end + 1, 2);
    if (!(seconds <= 59)) return Number.NaN;
    ms += seconds * 1000;
    end += 3;
    if (text[end] === '.') {
      const start = ++end;
      while (end < text.length && !Number.isNaN(digits(text, end, 1))) end++;
      if (end === start || end - start > 9) return Number.NaN;
      // Finer than a millisecond is cut off, not rounded: 23:59:59.9999 stays on its day.
      ms += digits(text.slice(start, end).padEnd(3, '0'), 0, 3);
    }
  }
  return zone || end === text.length ? ms - zoneOffset(text, end) : Number.NaN;
}

/**
 * Reads one instant, strictly: `YYYY-MM-DD`, the same followed by `T` or a space and
 * `HH:MM[:SS[.fraction]][zone]`, or `YYYY/MM/DD` alone or followed by a space and `HH:MM[:SS[.fraction]]`.
 * Without a zone it is UTC. `Date.parse` is not used: it takes 2023-02-30 and local time.
 *
 * @returns epoch milliseconds UTC, or NaN when the text is not such a time or its date does not exist.
 */
export function parseTime(text: string): number {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const mark = text[4];
  if ((mark !== '-' && mark !== '/') || text[7] !== mark) return Number.NaN;
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return Number.NaN;
  const midnight = daysFromCivil(year, month, day) * dayMs;
  if (text.length === 10) return midnight;
  const divider = text[10];
  if (divider !== ' ' && !(mark === '-' && (divider === 'T' || divider === 't'))) return Number.NaN;
  return midnight + clockMs(text, 11, mark === '-');
}
