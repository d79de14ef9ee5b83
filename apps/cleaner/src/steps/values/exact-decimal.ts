/** The largest scaled integer that the lanes hold. */
export const LANE_MAX = Number.MAX_SAFE_INTEGER;

/** A non-negative decimal, exact. Only for values that the double arithmetic of the hot path cannot hold. */
export interface Decimal {
  /** The value times 10^digits. */
  scaled: bigint;
  /** Fraction digits of `scaled`: the column's scale or more. */
  digits: number;
  /** The value times 10^scale, or -1 when the lanes do not hold it. */
  lane: number;
  /** Without leading zeros or trailing zeros of the fraction: equal values have equal text. */
  text: string;
}

/**
 * Reads `whole` digits at `from`, and `fraction` ones behind the point that follows them.
 * @param scale of the column that the value is for
 */
export function readExactly(bytes: Uint8Array, from: number, whole: number, fraction: number, scale: number): Decimal {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole_text = view.toString('latin1', from, from + whole);
  const fraction_text = view.toString('latin1', from + whole + 1, from + whole + 1 + fraction);
  const digits = Math.max(scale, fraction);
  const scaled = BigInt(`0${whole_text}${fraction_text.padEnd(digits, '0')}`);
  return {
    scaled,
    digits,
    lane: fraction <= scale && scaled <= LANE_MAX ? Number(scaled) : -1,
    text: (whole_text || '0') + (fraction > 0 ? `.${fraction_text}` : ''),
  };
}

/** Negative when a < b. */
export function compareScaled(a: Decimal, b: Decimal): number {
  const digits = Math.max(a.digits, b.digits);
  const difference = a.scaled * 10n ** BigInt(digits - a.digits) - b.scaled * 10n ** BigInt(digits - b.digits);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
