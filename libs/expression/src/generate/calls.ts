import { DAY_US, FIRST_DAY, LAST_DAY } from '../calendar.js';
import { isNumber, type Node } from '../tree.js';
import { LANE_MAX } from '../vectors.js';
import { anyNull, type Emitted, type Emitter, NotFast, number, plain, tenTo } from './emitter.js';
import { emitRounded } from './numbers.js';
import { emitValue, type Generation } from './values.js';

type NodeOf<Op extends Node['op']> = Extract<Node, { op: Op }>;

/** No text has more characters. */
const LENGTH_MAX = 2 ** 30;
const INTEGER_MAX = 2 ** 31 - 1;

/** A date plus days, or the days between two. */
export function emitDays(gen: Generation, { fn, left, right }: NodeOf<'days'>): Emitted {
  const { emitter } = gen;
  const a = emitValue(gen, left);
  const b = emitValue(gen, right);
  const isnull = anyNull(emitter, a, b);
  if (fn === 'between') return number(emitter.let(`${a.value} - ${b.value}`), isnull, 0, LAST_DAY - FIRST_DAY);
  const days = emitter.let(`${a.value} ${fn} ${whole(b)}`);
  leaveUnless(emitter, isnull, `${days} >= ${FIRST_DAY} && ${days} <= ${LAST_DAY}`);
  return plain(days, isnull);
}

/** The row is left when this does not hold of a value that is there. */
function leaveUnless(emitter: Emitter, isnull: string, holds: string): void {
  emitter.leave(isnull === 'false' ? `!(${holds})` : `!${isnull} && !(${holds})`);
}

/** A number without digits behind the point. */
function whole({ value, scale, den }: Emitted): string {
  if (scale !== 0 || den !== null) throw new NotFast();
  return value;
}

/** Texts are cut and put together as strings; what gives null is not computable, or NULL. */
export function emitText(gen: Generation, { fn, args, type }: NodeOf<'text'>): Emitted {
  const { emitter } = gen;
  const values = args.map((arg) => emitValue(gen, arg));
  const isnull = anyNull(emitter, ...values);
  const codes = values.map((value, index) => (isNumber(args[index].type.kind) ? whole(value) : value.value));
  const result = emitter.let(fn === 'join' ? codes.join(' + ') : `rt.${fn}(${codes.join(', ')})`);
  if (type.kind === 'integer') return number(result, isnull, 0, LENGTH_MAX);
  if (fn === 'substr' || fn === 'replace' || fn === 'split_part') {
    emitter.leave(isnull === 'false' ? `${result} === null` : `!${isnull} && ${result} === null`);
  }
  return plain(result, isnull);
}

export function emitCalendar(gen: Generation, { fn, field, operand, type }: NodeOf<'calendar'>): Emitted {
  const { emitter } = gen;
  const { value, isnull } = emitValue(gen, operand);
  const name = JSON.stringify(field);
  const dated = operand.type.kind === 'date';
  if (fn === 'to_char')
    return plain(emitter.let(`rt.${dated ? 'dayText' : 'instantChars'}(${name}, ${value})`), isnull);
  if (fn === 'trunc')
    return plain(emitter.let(`rt.${dated ? 'truncDays' : 'truncInstant'}(${name}, ${value})`), isnull);
  if (field === 'epoch' && !dated) return number(value, isnull, 6, LANE_MAX);
  const code = emitter.let(`rt.${dated ? 'extractDay' : 'extractInstant'}(${name}, ${value})`);
  return number(code, isnull, type.scale ?? 0, LAST_DAY * 86_400);
}

export function emitCast(gen: Generation, node: NodeOf<'cast'>): Emitted {
  const operand = emitValue(gen, node.operand);
  const { kind } = node.operand.type;
  switch (node.cast.to) {
    case 'text':
      return emitAsText(gen.emitter, node, operand);
    case 'integer':
    case 'bigint':
    case 'decimal':
      return kind === 'text' ? emitReadNumber(gen.emitter, node, operand) : emitAsNumber(gen.emitter, node, operand);
    case 'boolean':
      if (kind === 'text') return emitRead(gen.emitter, 'readBoolean', operand);
      return kind === 'integer' ? plain(gen.emitter.let(`${whole(operand)} !== 0`), operand.isnull) : operand;
    case 'date':
      if (kind === 'text') return emitRead(gen.emitter, 'readDate', operand);
      return kind === 'date' ? operand : plain(gen.emitter.let(`rt.daysOfInstant(${operand.value})`), operand.isnull);
    default:
      if (kind === 'text') return emitRead(gen.emitter, 'readInstant', operand);
      if (kind === 'timestamp') return operand;
      return plain(gen.emitter.exact(`${operand.value} * ${DAY_US}`, Number.POSITIVE_INFINITY), operand.isnull);
  }
}

function emitRead(emitter: Emitter, reader: string, { value, isnull }: Emitted): Emitted {
  const result = emitter.let(`rt.${reader}(${value})`);
  leaveUnless(emitter, isnull, `${result} !== null`);
  return plain(result, isnull);
}

function emitAsText(
  emitter: Emitter,
  { operand, cast }: NodeOf<'cast'>,
  { value, isnull, scale, den }: Emitted,
): Emitted {
  const { kind } = operand.type;
  if (isNumber(kind)) {
    if (den !== null) throw new NotFast();
    const digits = operand.type.scale;
    // A constant may be written with fewer digits than its type has.
    const factor = digits === null ? 1 : tenTo(digits - scale);
    const scaled = factor === 1 ? value : emitter.exact(`${value} * ${factor}`, Number.POSITIVE_INFINITY);
    return plain(emitter.let(`rt.numberText(${scaled}, ${digits ?? scale}, ${digits})`), isnull);
  }
  if (kind === 'boolean') {
    return plain(emitter.let(cast.short ? `${value} ? 't' : 'f'` : `${value} ? 'true' : 'false'`), isnull);
  }
  if (kind === 'date') return plain(emitter.let(`rt.dateText(${value})`), isnull);
  return kind === 'timestamp' ? plain(emitter.let(`rt.instantText(${value})`), isnull) : plain(value, isnull);
}

/** Digits that a decimal read from text has at most in the fast form, when its type names none. */
const FREE_SCALE = 4;

function emitReadNumber(emitter: Emitter, { cast }: NodeOf<'cast'>, { value, isnull }: Emitted): Emitted {
  const scale = cast.to === 'decimal' ? (cast.scale ?? FREE_SCALE) : 0;
  const result = emitter.let(`rt.readScaled(${value}, ${scale})`);
  const max = boundOf(cast, scale);
  leaveUnless(emitter, isnull, `${result} <= ${max} && ${result} >= -${max}`);
  return number(isnull === 'false' ? result : emitter.let(`${isnull} ? 0 : ${result}`), isnull, scale, max);
}

function emitAsNumber(emitter: Emitter, { operand, cast }: NodeOf<'cast'>, value: Emitted): Emitted {
  if (operand.type.kind === 'boolean') return number(emitter.let(`${value.value} ? 1 : 0`), value.isnull, 0, 1);
  if (cast.to === 'decimal' && cast.precision === null) return value;
  const scale = cast.to === 'decimal' ? (cast.scale ?? 0) : 0;
  const rounded = emitRounded(emitter, value, scale, 'half_up');
  const max = boundOf(cast, scale);
  if (rounded.max > max)
    leaveUnless(emitter, value.isnull, `${rounded.value} <= ${max} && ${rounded.value} >= -${max}`);
  return { ...rounded, max: Math.min(rounded.max, max), literal: null };
}

function boundOf(cast: NodeOf<'cast'>['cast'], scale: number): number {
  if (cast.to === 'integer') return INTEGER_MAX;
  if (cast.precision === null) return cast.to === 'decimal' ? Math.min(10 ** (15 + scale), LANE_MAX) : LANE_MAX;
  return Math.min(10 ** cast.precision - 1, LANE_MAX);
}
