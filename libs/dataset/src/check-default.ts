import { RE2JS } from 're2js';
import { BIGINT_MAX, BIGINT_MIN, FREE_SCALE, INTEGER_MAX, INTEGER_MIN, KEY_BYTES } from './bounds.js';
import { compareLiterals, daysOf, fractionDigits, microsecondsOf } from './literals.js';
import type { ColumnConfig } from './schema.js';

/** Why the default does not stand in its own column, or undefined when it does. */
export function defaultProblem(column: ColumnConfig): string | undefined {
  const value = column.default;
  if (value === undefined || value === null) return undefined;
  return problemOf(column, value) ?? ruleProblem(column, value);
}

function problemOf(column: ColumnConfig, value: string): string | undefined {
  switch (column.type) {
    case 'text': {
      if (value.trim() === '' || value.trim() !== value || value.includes('\0')) {
        return 'write a text without blanks around it, or null';
      }
      const limit = Math.min(column.max_bytes ?? KEY_BYTES, KEY_BYTES);
      return Buffer.byteLength(value) > limit ? `the default is over ${limit} bytes` : undefined;
    }
    case 'email':
      return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value) && value.length <= KEY_BYTES
        ? undefined
        : 'write an address x@y.z, or null';
    case 'date':
      return timeProblem(column, value, daysOf, 'write a real date YYYY-MM-DD, or null');
    case 'timestamp': {
      const read = (text: string) => microsecondsOf(text, column.time_zone);
      return timeProblem(column, value, read, 'write a timestamp YYYY-MM-DDTHH:MM:SSZ, or null');
    }
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : 'write true, false or null';
    case 'json':
      return isJson(value) ? undefined : 'write a JSON text, or null';
    case 'integer':
    case 'bigint':
      return /^-?\d+$/.test(value) ? rangeProblem(column, value) : 'write an integer, or null';
    case 'decimal':
      return /^-?(\d+(\.\d+)?|\.\d+)$/.test(value)
        ? rangeProblem(column, value)
        : 'write a decimal such as 0.5, or null';
  }
}

function ruleProblem({ values, pattern }: ColumnConfig, value: string): string | undefined {
  if (values && !values.includes(value)) return 'the default is not among values';
  return pattern && !RE2JS.compile(pattern).matcher(value).find()
    ? 'the default does not match the pattern'
    : undefined;
}

function timeProblem<T extends number | bigint>(
  column: ColumnConfig,
  value: string,
  read: (text: string) => T | undefined,
  hint: string,
): string | undefined {
  const at = read(value);
  if (at === undefined) return hint;
  if (column.min !== undefined && at < read(column.min)!) return `the default is before ${column.min}`;
  return column.max !== undefined && at > read(column.max)! ? `the default is after ${column.max}` : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const LIMITS_OF: Record<string, [string, string]> = {
  integer: [INTEGER_MIN, INTEGER_MAX],
  bigint: [BIGINT_MIN, BIGINT_MAX],
};

function rangeProblem(column: ColumnConfig, value: string): string | undefined {
  const scale = column.type === 'decimal' ? (column.scale ?? FREE_SCALE) : 0;
  if (fractionDigits(value) > scale) return `write at most ${scale} digits after the point`;
  const [least, most] = LIMITS_OF[column.type] ?? [];
  const min = column.min ?? least;
  const max = column.max ?? most;
  if (min !== undefined && compareLiterals(value, min) < 0) return `the default is under ${min}`;
  if (max !== undefined && compareLiterals(value, max) > 0) return `the default is over ${max}`;
  if (column.above !== undefined && compareLiterals(value, column.above) <= 0) {
    return `the default is not above ${column.above}`;
  }
  if (column.precision !== undefined) {
    const limit = `1${'0'.repeat(column.precision - column.scale!)}`;
    if (compareLiterals(value.replace('-', ''), limit) >= 0)
      return `the default has more than ${limit.length - 1} digits before the point`;
  }
  return undefined;
}
