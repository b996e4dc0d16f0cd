const longest = 60;

/** A value of a caller's in a message, as JSON and not too long. */
export function showValue(value: unknown): string {
  const text = asJson(value) ?? String(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // Nested deeper than the stack: JSON.parse reads that, and JSON.stringify does not write it.
    return Array.isArray(value) ? 'a deeply nested array' : 'a deeply nested object';
  }
}
