import type { Fault } from './fault.js';
import { compareLiterals, daysOf, fractionDigits } from './literals.js';
import type { ColumnConfig } from './schema.js';

export const KEY_BYTES = 512;
export const INTEGER_MAX = '2147483647';
/** Scale in memory of a decimal without precision: finer values are carried as text. */
export const FREE_SCALE = 4;

/** Contradictions within one column. */
export function checkColumn(column: ColumnConfig, path: PropertyKey[]): Fault[] {
  const faults: Fault[] = [];
  const fault = (field: keyof ColumnConfig | null, message: string) =>
    faults.push({ path: field ? [...path, field] : path, message });
  const only = (fields: (keyof ColumnConfig)[], fits: boolean, whose: string) => {
    for (const field of fields) {
      if (column[field] !== undefined && !fits) fault(field, `${field} is for ${whose} columns: remove it`);
    }
  };
  const number = column.type === 'integer' || column.type === 'decimal';
  only(['max_bytes', 'dimension'], column.type === 'text', 'text');
  only(['min', 'max', 'above'], number, 'integer and decimal');
  only(['precision', 'scale'], column.type === 'decimal', 'decimal');
  only(['from'], column.derive !== undefined, 'derived');
  if ((column.precision === undefined) !== (column.scale === undefined)) {
    fault(column.precision === undefined ? 'scale' : 'precision', 'write precision and scale both, or neither');
  } else if (column.precision !== undefined && column.scale! > column.precision) {
    fault('scale', `scale is at most the precision, ${column.precision}`);
  }
  if (column.derive) {
    for (const field of ['required', 'default', 'min', 'max', 'above', 'max_bytes'] as const) {
      if (column[field] !== undefined) fault(field, `a derived column takes no ${field}: remove it`);
    }
    return faults;
  }

  if (column.required && column.default !== undefined) {
    fault('default', 'a required column never takes its default: remove one of the two');
  } else if (!column.required && column.default === undefined) {
    fault(null, `${column.name} needs required: true or a default (null is one)`);
  }
  if (column.required && (column.type === 'date' || column.type === 'email')) {
    fault('required', `an invalid ${column.type} has no reject reason yet: write a default (null is one)`);
  }
  if (column.dimension && (column.max_bytes ?? 0) > KEY_BYTES) {
    fault('max_bytes', `a dimension has at most ${KEY_BYTES} bytes`);
  }
  if (faults.length === 0 && number) checkBounds(column, fault);
  if (faults.length === 0) {
    const problem = defaultProblem(column);
    if (problem) fault('default', problem);
  }
  return faults;
}

function checkBounds(column: ColumnConfig, fault: (field: keyof ColumnConfig, message: string) => void): void {
  const scale = column.type === 'integer' ? 0 : (column.scale ?? FREE_SCALE);
  for (const field of ['min', 'max', 'above'] as const) {
    const bound = column[field];
    if (bound === undefined) continue;
    if (fractionDigits(bound) > scale) fault(field, `write at most ${scale} digits after the point`);
    else if (column.type === 'integer' && compareLiterals(bound, INTEGER_MAX) > 0) {
      fault(field, `an integer is at most ${INTEGER_MAX}: use type decimal with scale 0`);
    }
  }
  if (column.max === undefined) return;
  if (column.min !== undefined && compareLiterals(column.min, column.max) > 0) fault('min', 'min is over max');
  if (column.above !== undefined && compareLiterals(column.above, column.max) >= 0) fault('above', 'no value fits');
}

/** Why the default does not stand in its own column, or undefined when it does. */
function defaultProblem(column: ColumnConfig): string | undefined {
  const value = column.default;
  if (value === undefined || value === null) return undefined;
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
      return daysOf(value) === undefined ? 'write a real date YYYY-MM-DD, or null' : undefined;
    case 'integer':
      return /^\d+$/.test(value) ? rangeProblem(column, value) : 'write an integer, or null';
    case 'decimal':
      return /^(\d+(\.\d+)?|\.\d+)$/.test(value) ? rangeProblem(column, value) : 'write a decimal such as 0.5, or null';
  }
}

function rangeProblem(column: ColumnConfig, value: string): string | undefined {
  const scale = column.type === 'integer' ? 0 : (column.scale ?? FREE_SCALE);
  if (fractionDigits(value) > scale) return `write at most ${scale} digits after the point`;
  const max = column.max ?? (column.type === 'integer' ? INTEGER_MAX : undefined);
  if (column.min !== undefined && compareLiterals(value, column.min) < 0) return `the default is under ${column.min}`;
  if (max !== undefined && compareLiterals(value, max) > 0) return `the default is over ${max}`;
  if (column.above !== undefined && compareLiterals(value, column.above) <= 0) {
    return `the default is not above ${column.above}`;
  }
  if (column.precision !== undefined) {
    const limit = `1${'0'.repeat(column.precision - column.scale!)}`;
    if (compareLiterals(value, limit) >= 0)
      return `the default has more than ${limit.length - 1} digits before the point`;
  }
  return undefined;
}
