/** A decimal literal times 10^scale. It must not have more fraction digits than that. */
export function scaleLiteral(literal: string, scale: number): bigint {
  const negative = literal.startsWith('-');
  const [whole, fraction = ''] = (negative ? literal.slice(1) : literal).split('.');
  const digits = fraction.replace(/0+$/, '');
  if (digits.length > scale) throw new RangeError(`${literal} has more than ${scale} fraction digits`);
  const value = BigInt((whole || '0') + digits.padEnd(scale, '0'));
  return negative ? -value : value;
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

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:\d{2})?$/;

/** Microseconds since 1970-01-01 UTC of an ISO 8601 timestamp, or of a date alone; undefined for any other text. */
export function microsecondsOf(text: string, time_zone = 'UTC'): bigint | undefined {
  const parts = TIMESTAMP.exec(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00` : text);
  const days = parts ? daysOf(parts[1]) : undefined;
  if (!parts || days === undefined) return undefined;
  const [hours, minutes, seconds] = [Number(parts[2]), Number(parts[3]), Number(parts[4] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const zone = offsetMinutes(parts[6] ?? time_zone);
  const total = BigInt(days) * 86_400n + BigInt(hours * 3600 + (minutes - zone) * 60 + seconds);
  return total * 1_000_000n + BigInt((parts[5] ?? '').padEnd(6, '0'));
}

function offsetMinutes(zone: string): number {
  if (zone === 'Z' || zone === 'UTC') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}
