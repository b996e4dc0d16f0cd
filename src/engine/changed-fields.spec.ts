import { describe, expect, it } from 'vitest';
import { changedFields } from './changed-fields.js';

describe('the changed fields', () => {
  it('are those that are different, as they were and as they are', () => {
    const before = { cron: '0 2 * * *', interval_seconds: null, enabled: true };
    expect(changedFields(before, { cron: null, interval_seconds: 60, enabled: true })).toEqual({
      before: { cron: '0 2 * * *', interval_seconds: null },
      after: { cron: null, interval_seconds: 60 },
    });
  });

  it('are null where they are not there', () => {
    expect(changedFields({ old: 1 }, { new: 2 })).toEqual({
      before: { old: 1, new: null },
      after: { old: null, new: 2 },
    });
  });

  it('are compared by their values, whatever the order of keys', () => {
    expect(changedFields({ p: { a: 1, b: [2] } }, { p: { b: [2], a: 1 } })).toBeUndefined();
    expect(changedFields({ p: { a: 1, b: [2] } }, { p: { a: 1, b: [3] } })).toBeDefined();
    expect(changedFields({ note: null }, {})).toBeUndefined();
    expect(changedFields({ note: null }, { note: '' })).toBeDefined();
  });
});
