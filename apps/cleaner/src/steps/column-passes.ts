import { LIMITS } from '@millrace/contracts';
import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import { blankNullWords } from './values/blank-null-words.js';
import type { Pass } from './values/cells.js';
import { checkPattern, checkValues } from './values/check-rules.js';
import { hashValues } from './values/hash-values.js';
import { normaliseNumbers } from './values/normalise-numbers.js';
import { trimCells } from './values/trim-cells.js';
import { validateBoolean } from './values/validate-boolean.js';
import { validateDate } from './values/validate-date.js';
import { validateDecimal } from './values/validate-decimal.js';
import { validateEmail } from './values/validate-email.js';
import { validateFormattedDate } from './values/validate-formatted-date.js';
import { validateInteger } from './values/validate-integer.js';
import { validateJson } from './values/validate-json.js';
import { validateNumber } from './values/validate-number.js';
import { validateDimension, validateText } from './values/validate-text.js';
import { validateTimestamp } from './values/validate-timestamp.js';
import type { CodeColumn, IntColumn, SpanColumn } from './working-set.js';

const compiled = new WeakMap<DatasetPlan, Pass[][]>();

/**
 * For each source column of the plan what is done with its cells, in order: decided once a plan, never a row. A column without
 * special rules has one pass, over the cells as they were parsed; others have their cells put into the plain form before.
 */
export function passesOf(plan: DatasetPlan): Pass[][] {
  let passes = compiled.get(plan);
  if (!passes) {
    passes = plan.source_columns.map((index) => compileColumn(plan, plan.columns[index]));
    compiled.set(plan, passes);
  }
  return passes;
}

function compileColumn(plan: DatasetPlan, column: ColumnPlan): Pass[] {
  const passes: Pass[] = [];
  if (column.trim && !trimsAll(plan)) passes.push(trimCells());
  if (column.null_words.length > 0) passes.push(blankNullWords(column.null_words));
  if (column.number) passes.push(normaliseNumbers(column.number));
  passes.push(validatorOf(plan, column));
  if (column.values) passes.push(checkValues(column, column.values));
  if (column.pattern !== null) passes.push(checkPattern(column, column.pattern));
  if (column.pii === 'hash') passes.push(hashValues(column));
  return passes;
}

/** Whether the parser may trim: every column wants it. Otherwise each column that does trims its own cells. */
export function trimsAll({ columns, source_columns }: DatasetPlan): boolean {
  return source_columns.every((index) => columns[index].trim);
}

function validatorOf(plan: DatasetPlan, column: ColumnPlan): Pass {
  const { index } = column;
  switch (column.type) {
    case 'text':
      if (column.encoding === 'dictionary') {
        return (set, cells) => validateDimension(set, column, cells, set.columns[index] as CodeColumn);
      }
      return (set, cells) => validateText(set, column, cells, set.columns[index] as SpanColumn);
    case 'email': {
      const bounded = plan.keys.includes(index) ? Math.min(column.max_bytes, LIMITS.key_bytes) : column.max_bytes;
      const within = { ...column, max_bytes: bounded };
      return (set, cells) => validateEmail(set, within, cells, set.columns[index] as SpanColumn);
    }
    case 'json':
      return (set, cells) => validateJson(set, column, cells, set.columns[index] as SpanColumn);
    case 'integer':
      return validateInteger(column);
    case 'bigint':
      return validateNumber(column);
    case 'decimal':
      return column.signed || column.rounding !== 'reject' ? validateNumber(column) : validateDecimal(column);
    case 'boolean':
      return (set, cells) => validateBoolean(set, column, cells, set.columns[index] as IntColumn);
    case 'date':
      if (isPlainDate(column)) {
        return (set, cells) => validateDate(set, column, cells, set.columns[index] as IntColumn);
      }
      return validateFormattedDate(column);
    case 'timestamp':
      return validateTimestamp(column);
  }
}

/** Dates in ISO form without bounds. */
function isPlainDate({ formats, min, max }: ColumnPlan): boolean {
  const iso = formats !== 'auto' && (formats.length === 0 || (formats.length === 1 && formats[0] === 'YYYY-MM-DD'));
  return iso && min === null && max === null;
}
