import { civilDate } from '@millrace/contracts';

const DAY_SECONDS = 86_400;

/** `YYYY-MM-DD` of a day, counted from 1970-01-01; years beyond four digits with their sign, as ISO 8601 has them. */
export function dateText(day: number): string {
  const { year, month, day: day_of_month } = civilDate(day);
  return `${yearText(year)}-${two(month)}-${two(day_of_month)}`;
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0');
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
}

/** `YYYY-MM-DDTHH:MM:SS[.fraction]` of a count of fractions of a second since 1970, exactly. @param digits of a fraction: 3, 6 or 9 */
export function timestampText(count: bigint, digits: number): string {
  const { seconds, fraction } = divide(count, digits);
  const second = modulo(seconds, DAY_SECONDS);
  return `${dateText((seconds - second) / DAY_SECONDS)}T${clock(second)}${fractionText(fraction, digits)}`;
}

/** `HH:MM:SS[.fraction]` of a count of fractions of a second since midnight. */
export function timeText(count: bigint, digits: number): string {
  if (count < 0n) return `-${timeText(-count, digits)}`;
  const { seconds, fraction } = divide(count, digits);
  return `${clock(seconds)}${fractionText(fraction, digits)}`;
}

/** Whole seconds and what is left of a count of fractions; both numbers are exact. */
function divide(count: bigint, digits: number): { seconds: number; fraction: number } {
  const per_second = 10 ** digits;
  if (count >= Number.MIN_SAFE_INTEGER && count <= Number.MAX_SAFE_INTEGER) {
    const fraction = modulo(Number(count), per_second);
    return { seconds: (Number(count) - fraction) / per_second, fraction };
  }
  const rest = count % BigInt(per_second);
  const fraction = rest < 0n ? rest + BigInt(per_second) : rest;
  return { seconds: Number((count - fraction) / BigInt(per_second)), fraction: Number(fraction) };
}

function modulo(value: number, divisor: number): number {
  const rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

function clock(seconds: number): string {
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function fractionText(fraction: number, digits: number): string {
  return fraction === 0 ? '' : `.${String(fraction).padStart(digits, '0').replace(/0+$/, '')}`;
}

const two = (value: number) => (value < 10 ? `0${value}` : String(value));
