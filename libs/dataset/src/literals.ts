/** A non-negative decimal literal times 10^scale. It must not have more fraction digits than that. */
export function scaleLiteral(literal: string, scale: number): bigint {
  const [whole, fraction = ''] = literal.split('.');
  const digits = fraction.replace(/0+$/, '');
  if (digits.length > scale) throw new RangeError(`${literal} has more than ${scale} fraction digits`);
  return BigInt((whole || '0') + digits.padEnd(scale, '0'));
}

export function fractionDigits(literal: string): number {
  return (literal.split('.')[1] ?? '').replace(/0+$/, '').length;
}

/** Negative when a < b, as decimals. */
export function compareLiterals(a: string, b: string): number {
  const scale = Math.max(fractionDigits(a), fractionDigits(b));
  const difference = scaleLiteral(a, scale) - scaleLiteral(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Days since 1970-01-01 of a real YYYY-MM-DD from year 1 on; undefined for any other text. */
export function daysOf(date: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || date.startsWith('0000')) return undefined;
  const ms = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date) return undefined;
  return ms / 86_400_000;
}
