import { AppError } from '../../contracts/app-error.js';

/** How a field of a protobuf message is written. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const utf8 = new TextDecoder();

/**
 * Walks over the fields of a protobuf message as they stand in its bytes, without making objects of them: a file of
 * half a gigabyte, or one that claims to have two, costs no memory. What is read is what stands there, so a reader that
 * merges repeated messages and one that takes the last of them see the same.
 */
export class WireReader {
  /** Of the field that `next` came to. */
  number = 0;
  type = 0;
  /** Where the field begins, with its number. */
  start: number;
  /** Where its contents begin, and where the field ends. */
  from = 0;
  end: number;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly begin = 0,
    private readonly limit = bytes.length,
  ) {
    this.start = begin;
    this.end = begin;
  }

  /**
   * Goes on to the next field; false at the end of the message.
   * @throws AppError `unprocessable` when the bytes are no protobuf, or break off
   */
  next(): boolean {
    if (this.end >= this.limit) return false;
    this.start = this.end;
    const key = this.varintAt(this.start);
    this.number = Math.floor(key / 8);
    this.type = key % 8;
    this.from = this.end;
    if (this.number === 0 || this.number > 0x1fffffff) throw noProtobuf(this.start);
    if (this.type === wireTypes.varint) this.varintAt(this.from);
    else if (this.type === wireTypes.bytes) {
      const length = this.varintAt(this.from);
      this.from = this.end;
      this.end += length;
    } else if (this.type === wireTypes.fixed64) this.end += 8;
    else if (this.type === wireTypes.fixed32) this.end += 4;
    else throw noProtobuf(this.start);
    if (this.end > this.limit) throw brokenOff(this.end, this.limit);
    return true;
  }

  /** Is it this field, and a message, text or bytes? Written as something else, every reader skips it. */
  isBytes(number: number): boolean {
    return this.number === number && this.type === wireTypes.bytes;
  }

  isVarint(number: number): boolean {
    return this.number === number && this.type === wireTypes.varint;
  }

  /** The field's contents as a message of their own. */
  message(): WireReader {
    return new WireReader(this.bytes, this.from, this.end);
  }

  /** The message of this reader once more, from its beginning. */
  again(): WireReader {
    return new WireReader(this.bytes, this.begin, this.limit);
  }

  text(): string {
    return utf8.decode(this.bytes.subarray(this.from, this.end));
  }

  /** The field as it stands, with its number. */
  raw(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  /** A signed 64-bit integer. */
  int64(): bigint {
    return this.int64At(this.from);
  }

  /** A repeated integer, whether it is written one by one or packed. */
  int64s(): bigint[] {
    if (this.type === wireTypes.varint) return [this.int64()];
    const values: bigint[] = [];
    const end = this.end;
    for (this.end = this.from; this.end < end;) {
      const at = this.end;
      this.varintAt(at);
      values.push(this.int64At(at));
    }
    return values;
  }

  /** Reads an unsigned number, exact up to 2^53, and stands behind it. */
  private varintAt(at: number): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      if (at + i >= this.limit) throw brokenOff(at + i + 1, this.limit);
      const byte = this.bytes[at + i]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) {
        this.end = at + i + 1;
        return value;
      }
    }
    throw noProtobuf(at);
  }

  private int64At(at: number): bigint {
    let value = 0n;
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[at + i]!;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) break;
    }
    return BigInt.asIntN(64, value);
  }
}

function brokenOff(end: number, limit: number): AppError {
  const message = `the file is no ONNX model, or is cut off: something in it that should end at byte ${end} has room up to byte ${limit}`;
  return new AppError('unprocessable', message);
}

function noProtobuf(at: number): AppError {
  return new AppError('unprocessable', `the file is no ONNX model: byte ${at} begins no field of a protobuf`);
}
