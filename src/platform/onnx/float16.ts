const signBit = 0x8000;
const infinity = 0x7c00;
const quietNaN = 0x7e00;
const fractionBits = 10;
const smallestExponent = -14;
const bias = 15;
/** From here on a half-precision number rounds to infinity: halfway between its largest, 65,504, and 65,536. */
const overflow = 65_520;

/** The bits of the half-precision number that is nearest to a value, ties to even (IEEE 754 binary16). */
export function toFloat16(value: number): number {
  if (Number.isNaN(value)) return quietNaN;
  const sign = value < 0 || Object.is(value, -0) ? signBit : 0;
  const size = Math.abs(value);
  if (size >= overflow) return sign | infinity;
  // Where `log2` rounds up to a whole number, the value is so near to that power of two that it becomes it anyway.
  const exponent = Math.max(smallestExponent, Math.floor(Math.log2(size)));
  const steps = roundToEven(size / 2 ** (exponent - fractionBits));
  // A normal number's implicit bit, and what rounding carries, add one to the exponent.
  return sign | (((exponent - smallestExponent) << fractionBits) + steps);
}

/** The value of a half-precision number's bits. */
export function fromFloat16(bits: number): number {
  const sign = bits & signBit ? -1 : 1;
  const exponent = (bits & infinity) >> fractionBits;
  const fraction = bits & ((1 << fractionBits) - 1);
  if (exponent === infinity >> fractionBits) return fraction ? Number.NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** (smallestExponent - fractionBits);
  return sign * (2 ** fractionBits + fraction) * 2 ** (exponent - bias - fractionBits);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0.5) return floor + (floor % 2);
  return rest > 0.5 ? floor + 1 : floor;
}
