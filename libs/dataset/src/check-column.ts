import { RE2JS } from 're2js';
import { BIGINT_MAX, BIGINT_MIN, FREE_SCALE, INTEGER_MAX, INTEGER_MIN, KEY_BYTES } from './bounds.js';
import { defaultProblem } from './check-default.js';
import { ambiguousPair, formatProblem } from './date-formats.js';
import type { Fault } from './fault.js';
import { compareLiterals, daysOf, fractionDigits, microsecondsOf } from './literals.js';
import type { ColumnConfig } from './schema.js';

export type FaultOf = (field: keyof ColumnConfig | null, message: string) => void;

const NUMBERS = ['integer', 'bigint', 'decimal'];
const TIMES = ['date', 'timestamp'];

/** Contradictions within one column. */
export function checkColumn(column: ColumnConfig, path: PropertyKey[]): Fault[] {
  const faults: Fault[] = [];
  const fault: FaultOf = (field, message) => faults.push({ path: field ? [...path, field] : path, message });
  checkFields(column, fault);
  if ((column.precision === undefined) !== (column.scale === undefined)) {
    fault(column.precision === undefined ? 'scale' : 'precision', 'write precision and scale both, or neither');
  } else if (column.precision !== undefined && column.scale! > column.precision) {
    fault('scale', `scale is at most the precision, ${column.precision}`);
  }
  if (column.derive) {
    for (const field of READ_FIELDS) {
      if (column[field] !== undefined) fault(field, `a derived column takes no ${field}: remove it`);
    }
    return faults;
  }
  checkMissing(column, fault);
  if (column.dimension && (column.max_bytes ?? 0) > KEY_BYTES) {
    fault('max_bytes', `a dimension has at most ${KEY_BYTES} bytes`);
  }
  if (faults.length === 0) checkBounds(column, fault);
  checkFormats(column, fault);
  checkPattern(column, fault);
  if (column.number && column.number.decimal === column.number.thousands) {
    fault('number', 'the decimal sign and the thousands separator are the same');
  }
  if (faults.length === 0) {
    const problem = defaultProblem(column);
    if (problem) fault('default', problem);
  }
  return faults;
}

/** What only a column that is read from the source has. */
const READ_FIELDS = [
  'header',
  'required',
  'default',
  'min',
  'max',
  'above',
  'max_bytes',
  'pattern',
  'values',
  'formats',
  'time_zone',
  'trim',
  'null_words',
  'number',
] as const;

function checkFields(column: ColumnConfig, fault: FaultOf): void {
  const only = (fields: (keyof ColumnConfig)[], fits: boolean, whose: string) => {
    for (const field of fields) {
      if (column[field] !== undefined && !fits) fault(field, `${field} is for ${whose} columns: remove it`);
    }
  };
  const isNumber = NUMBERS.includes(column.type);
  const isText = column.type === 'text';
  only(['max_bytes', 'dimension'], isText, 'text');
  only(['above', 'number', 'outliers'], isNumber, 'integer, bigint and decimal');
  only(['min', 'max'], isNumber || TIMES.includes(column.type), 'number, date and timestamp');
  only(['precision', 'scale'], column.type === 'decimal', 'decimal');
  only(['rounding'], column.type === 'decimal' && column.scale !== undefined, 'decimal (with precision and scale)');
  only(['formats'], TIMES.includes(column.type), 'date and timestamp');
  only(['time_zone'], column.type === 'timestamp', 'timestamp');
  only(['pattern', 'values'], isText || column.type === 'email', 'text and email');
  only(
    ['pii'],
    column.type !== 'json' && (column.pii !== 'hash' || isText || column.type === 'email'),
    'text and email',
  );
  only(['from'], column.derive === 'month' || column.derive === 'net_amount', 'month and net_amount');
}

function checkMissing(column: ColumnConfig, fault: FaultOf): void {
  const { required, on_invalid } = column;
  if (required && column.default != null && on_invalid !== 'default') {
    fault('default', 'a required column never takes its default: remove one of the two');
  } else if (required && column.default !== undefined && on_invalid !== 'default') {
    fault('default', 'a required column is never NULL: remove one of the two');
  }
  if (on_invalid === 'default' && column.default == null && required) {
    fault('on_invalid', 'there is no default: write one, or on_invalid: reject');
  }
}

function checkBounds(column: ColumnConfig, fault: FaultOf): void {
  if (TIMES.includes(column.type)) {
    checkTimeBounds(column, fault);
    return;
  }
  const scale = column.type === 'decimal' ? (column.scale ?? FREE_SCALE) : 0;
  for (const field of ['min', 'max', 'above'] as const) {
    const bound = column[field];
    if (bound === undefined) continue;
    if (!/^-?(\d+(\.\d+)?|\.\d+)$/.test(bound)) fault(field, 'write a decimal without exponent, such as -0.5');
    else if (fractionDigits(bound) > scale) fault(field, `write at most ${scale} digits after the point`);
    else if (column.type === 'integer' && compareLiterals(bound, INTEGER_MAX) > 0) {
      fault(field, `an integer is at most ${INTEGER_MAX}: use type bigint`);
    } else if (column.type === 'integer' && compareLiterals(bound, INTEGER_MIN) < 0) {
      fault(field, `an integer is at least ${INTEGER_MIN}: use type bigint`);
    } else if (column.type === 'bigint' && !isBigint(bound)) {
      fault(field, `a bigint is from ${BIGINT_MIN} to ${BIGINT_MAX}: use type decimal with scale 0`);
    } else continue;
    return;
  }
  if (column.max === undefined) return;
  if (column.min !== undefined && compareLiterals(column.min, column.max) > 0) fault('min', 'min is over max');
  if (column.above !== undefined && compareLiterals(column.above, column.max) >= 0) fault('above', 'no value fits');
}

const isBigint = (literal: string) =>
  compareLiterals(literal, BIGINT_MAX) <= 0 && compareLiterals(literal, BIGINT_MIN) >= 0;

function checkTimeBounds(column: ColumnConfig, fault: FaultOf): void {
  const read = (text: string) => (column.type === 'date' ? daysOf(text) : microsecondsOf(text, column.time_zone));
  for (const field of ['min', 'max'] as const) {
    const bound = column[field];
    if (bound !== undefined && read(bound) === undefined) {
      fault(field, column.type === 'date' ? 'write a real date YYYY-MM-DD' : 'write a timestamp YYYY-MM-DDTHH:MM:SSZ');
      return;
    }
  }
  if (column.min !== undefined && column.max !== undefined && read(column.min)! > read(column.max)!) {
    fault('min', 'min is over max');
  }
}

function checkFormats({ type, formats }: ColumnConfig, fault: FaultOf): void {
  if (formats === undefined || formats === 'auto' || (type !== 'date' && type !== 'timestamp')) return;
  for (const format of formats) {
    const problem = formatProblem(format, type);
    if (problem) fault('formats', problem);
  }
  const pair = ambiguousPair(formats);
  if (pair)
    fault('formats', `${pair[0]} and ${pair[1]} read one value as two days: keep the one that your source writes`);
}

function checkPattern({ pattern }: ColumnConfig, fault: FaultOf): void {
  if (pattern === undefined) return;
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    fault('pattern', `write a regular expression in RE2 syntax: ${(error as Error).message}`);
  }
}
