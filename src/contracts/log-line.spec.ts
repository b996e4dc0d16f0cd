import { describe, expect, it } from 'vitest';
import { maxMessageLength, storableMessage } from './log-line.js';

describe('a message that is kept', () => {
  it.each(['', 'epoch 3/10: loss 0.02', 'añb 日本 🚂', 'two\nlines\tand a tab'])(
    'stays as it is: %j',
    (text) => {
      expect(storableMessage(text)).toBe(text);
    },
  );

  it('loses NUL, and halves of surrogate pairs become the replacement character', () => {
    expect(storableMessage('a\0b\0')).toBe('ab');
    expect(storableMessage('a\uD83Db\uDE82')).toBe('a\uFFFDb\uFFFD');
  });

  it('is cut, and says how much is missing', () => {
    const kept = storableMessage('x'.repeat(maxMessageLength + 17));
    expect(kept).toBe(`${'x'.repeat(maxMessageLength)}… (17 more characters)`);
    expect(storableMessage('x'.repeat(maxMessageLength))).toHaveLength(maxMessageLength);
  });

  it('is not cut through a character', () => {
    const kept = storableMessage(`${'x'.repeat(maxMessageLength - 1)}🚂`);
    expect(kept).toBe(`${'x'.repeat(maxMessageLength - 1)}\uFFFD… (1 more characters)`);
  });
});
