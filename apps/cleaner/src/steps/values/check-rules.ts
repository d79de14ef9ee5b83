import { NULL_CODE } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { RE2JS } from 're2js';
import { type CodeColumn, FAILURE, NULL_SPAN, type SpanColumn, type WorkingSet } from '../working-set.js';
import type { Cells, Pass } from './cells.js';
import { refuseEntry, refuseText } from './validate-text.js';

/** Whether `bytes[from .. to)` keeps a rule. */
type Rule = (bytes: Buffer, from: number, to: number) => boolean;

/** What a rule said of values is remembered up to here. */
const MOST_ANSWERS = 4096;
/** Longer values are seldom the same again. */
const LONGEST_REMEMBERED = 128;

/** Only these values, byte for byte. */
export function checkValues(column: ColumnPlan, values: readonly string[]): Pass {
  const known = new Set(values.map((value) => Buffer.from(value).toString('latin1')));
  const longest = values.reduce((most, value) => Math.max(most, Buffer.byteLength(value)), 0);
  const rule: Rule = (bytes, from, to) => to - from <= longest && known.has(bytes.toString('latin1', from, to));
  return checkRule(column, FAILURE.not_in_values, rule);
}

/** Only values in which the pattern is found. */
export function checkPattern(column: ColumnPlan, pattern: string): Pass {
  const compiled = RE2JS.compile(pattern);
  const answers = new Map<string, boolean>();
  const rule: Rule = (bytes, from, to) => {
    const value = bytes.toString('utf8', from, to);
    if (to - from > LONGEST_REMEMBERED) return compiled.matcher(value).find();
    let answer = answers.get(value);
    if (answer === undefined) {
      if (answers.size === MOST_ANSWERS) answers.clear();
      answer = compiled.matcher(value).find();
      answers.set(value, answer);
    }
    return answer;
  };
  return checkRule(column, FAILURE.pattern_mismatch, rule);
}

/** Defaults keep the rules of their column, as its config was checked: a value that is one need not be told apart. */
function checkRule(column: ColumnPlan, code: number, rule: Rule): Pass {
  return (set, cells) => {
    const into = set.columns[column.index] as SpanColumn | CodeColumn;
    if (into.encoding === 'text') checkTexts(set, column, cells, into, code, rule);
    else checkEntries(set, column, cells, into, code, rule);
  };
}

function checkTexts(
  set: WorkingSet,
  column: ColumnPlan,
  cells: Cells,
  into: SpanColumn,
  code: number,
  rule: Rule,
): void {
  const { failure } = set;
  const { bytes, count } = set.records;
  for (let row = 0; row < count; row++) {
    const from = into.start[row];
    if (failure[row] !== 0 || from === NULL_SPAN || from === cells.default_start) continue;
    if (!rule(bytes, from, into.end[row])) refuseText(set, column, cells, into, row, code);
  }
}

/** Each distinct value once. */
function checkEntries(
  set: WorkingSet,
  column: ColumnPlan,
  cells: Cells,
  into: CodeColumn,
  code: number,
  rule: Rule,
): void {
  const { failure } = set;
  const { bytes, count } = set.records;
  const { entries, codes } = into;
  const kept = Array.from({ length: entries.count }, (_, entry) =>
    rule(bytes, entries.start[entry], entries.end[entry]),
  );
  if (!kept.includes(false)) return;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0 || codes[row] === NULL_CODE || kept[codes[row]] !== false) continue;
    refuseEntry(set, column, cells, into, row, code);
  }
}
