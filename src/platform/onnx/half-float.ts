/** Numbers from here on round to infinity: halfway between the largest half and what would come next. */
export const halfOverflow = 65_520;

const smallestExponent = -14;
const mantissaBits = 10;
/** Adding and taking away again rounds what is smaller to a whole number, ties to even: a double has 52 such bits. */
const rounding = 2 ** 52;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** The bits of the IEEE 754 half that is nearest to a number, ties to even. */
export function toHalfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e_00;
  const sign = value < 0 || Object.is(value, -0) ? 0x80_00 : 0;
  const size = Math.abs(value);
  if (size >= halfOverflow) return sign | 0x7c_00;
  double[0] = size;
  const exponent = Math.max((words[1]! >>> 20) - 1_023, smallestExponent);
  const mantissa = size * 2 ** (mantissaBits - exponent) + rounding - rounding;
  // A mantissa that was rounded up to the next power of two carries into the exponent, as it should.
  return sign | (((exponent - smallestExponent) << mantissaBits) + mantissa);
}

/** The number that the bits of a half stand for. */
export function fromHalfBits(bits: number): number {
  const sign = bits & 0x80_00 ? -1 : 1;
  const exponent = (bits >>> mantissaBits) & 0x1f;
  const mantissa = bits & 0x3_ff;
  if (exponent === 0x1f) return mantissa ? Number.NaN : sign * Infinity;
  if (exponent === 0) return sign * mantissa * 2 ** (smallestExponent - mantissaBits);
  return sign * (mantissa + 0x4_00) * 2 ** (exponent - 15 - mantissaBits);
}
