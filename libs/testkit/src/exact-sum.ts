const LIMIT = 2 ** 52;

/** An exact integer sum that is as fast as a number while it can be. */
export class ExactSum {
  private low = 0;
  private high = 0n;

  /** @param value an integer; as a number at most 2^52 */
  add(value: number | bigint): void {
    if (typeof value === 'bigint') {
      this.high += value;
      return;
    }
    this.low += value;
    if (this.low >= LIMIT) {
      this.high += BigInt(this.low);
      this.low = 0;
    }
  }

  total(): bigint {
    return this.high + BigInt(this.low);
  }
}

/** Writes a scaled, not negative integer as a decimal literal with exactly `scale` digits after the point. */
export function decimalText(scaled: bigint, scale: number): string {
  if (scale === 0) return scaled.toString();
  const digits = scaled.toString().padStart(scale + 1, '0');
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Quotient of two integers >= 0, rounded half up: half away from zero, as nothing here is negative. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}
