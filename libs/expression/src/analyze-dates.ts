import type { ExprExtract } from 'pgsql-ast-parser';
import { analyze } from './analyze.js';
import { DATE_FIELDS, TIME_FIELDS, TRUNC_FIELDS, TRUNC_TIMES } from './calendar.js';
import { DATE, fault, make, nameOf, type Scope, TEXT, typeOf } from './scope.js';
import { CHAR_FIELDS, charPattern } from './to-char.js';
import type { Node } from './tree.js';

export function analyzeExtract(scope: Scope, expr: ExprExtract, at: number): Node {
  const field = expr.field.name.toLowerCase();
  const operand = analyze(scope, expr.from);
  const dated = dateOperand(scope, operand, 'extract() takes');
  if (dated.type.kind === 'unknown') return dated;
  const fields: string[] = dated.type.kind === 'date' ? [...DATE_FIELDS] : [...DATE_FIELDS, ...TIME_FIELDS];
  if (!fields.includes(field)) {
    return fault(scope, at, `there is no ${field} in a ${dated.type.kind}; there are ${fields.join(', ')}`);
  }
  const fraction = field === 'second' || (field === 'epoch' && dated.type.kind === 'timestamp');
  return make(at, typeOf('decimal', fraction ? 6 : 0), [dated], {
    op: 'calendar',
    fn: 'extract',
    field,
    operand: dated,
  });
}

export function truncation(scope: Scope, [field, value]: Node[], at: number): Node {
  const operand = dateOperand(scope, value, 'date_trunc() takes');
  if (operand.type.kind === 'unknown') return operand;
  const fields: string[] = operand.type.kind === 'date' ? [...TRUNC_FIELDS] : [...TRUNC_FIELDS, ...TRUNC_TIMES];
  const name = field.op === 'const' && typeof field.value === 'string' ? field.value.toLowerCase() : '';
  if (!fields.includes(name)) {
    return fault(
      scope,
      field.at,
      `date_trunc() of a ${operand.type.kind} takes ${fields.map((name) => `'${name}'`).join(', ')}`,
    );
  }
  return make(at, operand.type, [operand], { op: 'calendar', fn: 'trunc', field: name, operand });
}

export function characters(scope: Scope, [value, pattern]: Node[], at: number): Node {
  const operand = dateOperand(scope, value, 'to_char() takes');
  if (operand.type.kind === 'unknown') return operand;
  const field = pattern.op === 'const' && typeof pattern.value === 'string' ? pattern.value : '';
  if (field === '' || charPattern(field) === null) {
    const fields = Object.keys(CHAR_FIELDS).join(', ');
    return fault(scope, pattern.at, `to_char() takes a pattern of ${fields}, separators and "text"`);
  }
  return make(at, TEXT, [operand], { op: 'calendar', fn: 'to_char', field, operand });
}

function dateOperand(scope: Scope, node: Node, what: string): Node {
  const { kind } = node.type;
  if (kind === 'date' || kind === 'timestamp' || (kind === 'unknown' && node.op === 'const' && node.value === null)) {
    return kind === 'unknown' && scope.faults.length === 0 ? { ...node, type: DATE } : node;
  }
  return fault(scope, node.at, `${what} a date or timestamp, and this is ${nameOf(node.type)}: write (…)::date`);
}
