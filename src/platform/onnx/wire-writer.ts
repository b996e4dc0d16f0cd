import { wireTypes } from './wire-reader.js';

const utf8 = new TextEncoder();

/** A field of a protobuf message that holds a message, text or bytes. */
export function bytesField(number: number, contents: Uint8Array | string): Uint8Array {
  const bytes = typeof contents === 'string' ? utf8.encode(contents) : contents;
  return Buffer.concat([varint(number * 8 + wireTypes.bytes), varint(bytes.length), bytes]);
}

/** @param value 0 or more */
export function varintField(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8 + wireTypes.varint), varint(value)]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Uint8Array.from([...bytes, rest]);
}
