import { isNumber, type Node, type NodeType } from '../tree.js';
import { anyNull, type Emitted, NotFast, number, plain } from './emitter.js';
import { aligned } from './numbers.js';
import { comparison, emitValue, emptyOf, type Generation } from './values.js';

type NodeOf<Op extends Node['op']> = Extract<Node, { op: Op }>;

const isTrue = ({ value, isnull }: Emitted): string => (isnull === 'false' ? value : `!${isnull} && ${value}`);

/** Three-valued; the right side is looked at when the left one does not decide. */
export function emitLogic(gen: Generation, { op, left, right }: NodeOf<'and' | 'or'>): Emitted {
  const { emitter } = gen;
  const a = emitValue(gen, left);
  const decided = op === 'or' ? isTrue(a) : a.isnull === 'false' ? `!${a.value}` : `!${a.isnull} && !${a.value}`;
  const value = emitter.variable(op === 'or' ? 'true' : 'false');
  const nullable = left.nullable || right.nullable;
  const isnull = nullable ? emitter.variable('false') : 'false';
  emitter.put(`if (!(${decided})) {`);
  const b = emitValue(gen, right);
  emitter.put(
    `${value} = ${b.isnull === 'false' ? b.value : `${b.isnull} ? ${op === 'or' ? 'false' : 'true'} : ${b.value}`};`,
  );
  if (nullable) {
    // What neither side decides is NULL when one of them is.
    const open = op === 'or' ? `!${value}` : value;
    emitter.put(`if (${open} && (${a.isnull} || ${b.isnull})) { ${isnull} = true; ${value} = false; }`);
  }
  emitter.put('}');
  return plain(value, isnull);
}

export function emitIs(gen: Generation, { what, negated, operand }: NodeOf<'is'>): Emitted {
  const value = emitValue(gen, operand);
  const holds =
    what === 'null' ? value.isnull : what === 'true' ? isTrue(value) : isTrue({ ...value, value: `!${value.value}` });
  return plain(gen.emitter.let(negated ? `!(${holds})` : holds), 'false');
}

export function emitBetween(gen: Generation, node: NodeOf<'between'>): Emitted {
  const { emitter } = gen;
  const { type } = node.operand;
  const operand = emitValue(gen, node.operand);
  const low = emitValue(gen, node.low);
  const high = emitValue(gen, node.high);
  const below = emitter.let(comparison(emitter, '<', type, operand, low));
  const above = emitter.let(comparison(emitter, '>', type, operand, high));
  const isnull = anyNull(emitter, operand, low, high);
  if (isnull === 'false')
    return plain(emitter.let(node.negated ? `${below} || ${above}` : `!${below} && !${above}`), isnull);
  const sides = [isTrue({ ...low, value: below }), isTrue({ ...high, value: above })];
  const outside = emitter.let(`!(${operand.isnull}) && ((${sides[0]}) || (${sides[1]}))`);
  return plain(emitter.let(node.negated ? outside : `!${outside}`), emitter.let(`!${outside} && (${isnull})`));
}

export function emitIn(gen: Generation, node: NodeOf<'in'>): Emitted {
  const { emitter } = gen;
  const operand = emitValue(gen, node.operand);
  const found = emitter.variable('false');
  const unknown = node.list.some(({ nullable }) => nullable) ? emitter.variable('false') : 'false';
  const label = emitter.name('in');
  emitter.put(`${label}: {`);
  for (const item of node.list) {
    const other = emitValue(gen, item);
    const equal = comparison(emitter, '=', node.operand.type, operand, other);
    if (other.isnull !== 'false') emitter.put(`if (${other.isnull}) ${unknown} = true; else`);
    // What stands where a NULL is may equal by chance: the items behind are evaluated, and may fail, all the same.
    const isFound = operand.isnull === 'false' ? equal : `!(${operand.isnull}) && (${equal})`;
    emitter.put(`if (${isFound}) { ${found} = true; break ${label}; }`);
  }
  emitter.put('}');
  const open = unknown === 'false' ? 'false' : `(${unknown} && !${found})`;
  const nulls = [operand.isnull, open].filter((isnull) => isnull !== 'false');
  const isnull = nulls.length === 0 ? 'false' : emitter.let(nulls.join(' || '));
  return plain(node.negated ? `!${found}` : found, isnull);
}

/** Where the branches of a choice put their value. */
interface Joint {
  value: string;
  isnull: string;
  den: string | null;
  scale: number;
}

/** A branch: its code, and the value that it ends with. */
interface Branch {
  lines: string[];
  result: Emitted;
}

/** Declares the variables that all branches set; numbers take the form that holds each of them. */
function emitJoint(
  gen: Generation,
  type: NodeType,
  branches: Branch[],
  nullable: boolean,
): { joint: Joint; result: Emitted } {
  const { emitter } = gen;
  const results = branches.map(({ result }) => result);
  const value = emitter.variable(emptyOf(type));
  const isnull = nullable ? emitter.variable('true') : 'false';
  const fraction = results.some(({ den }) => den !== null);
  const den = fraction ? emitter.variable('1') : null;
  const scale = Math.max(0, ...results.map((result) => result.scale));
  const joint = { value, isnull, den, scale };
  if (!isNumber(type.kind)) return { joint, result: plain(value, isnull) };
  const max = Math.max(0, ...results.map((result) => result.max * 10 ** (scale - result.scale)));
  const den_max = Math.max(1, ...results.map((result) => result.den_max));
  return { joint, result: { ...number(value, isnull, scale, max), den, den_max } };
}

/** Writes a branch: its code, and what sets the joint's variables. */
function emitBranch(gen: Generation, type: NodeType, { lines, result }: Branch, joint: Joint): void {
  const { emitter } = gen;
  for (const line of lines) emitter.put(line);
  const fitting = isNumber(type.kind) ? aligned(emitter, result, joint.scale) : result;
  emitter.put(`${joint.value} = ${fitting.value};`);
  if (joint.isnull !== 'false') emitter.put(`${joint.isnull} = ${fitting.isnull};`);
  if (joint.den !== null) emitter.put(`${joint.den} = ${fitting.den ?? '1'};`);
}

export function emitCase(gen: Generation, node: NodeOf<'case'>): Emitted {
  const { emitter } = gen;
  const operand = node.operand === null ? null : emitValue(gen, node.operand);
  const conditions = node.whens.map(({ when }) => emitter.apart(() => emitTaken(gen, node, operand, when)));
  const branches = node.whens.map(({ result }) => emitter.apart(() => emitValue(gen, result)));
  if (node.otherwise !== null) branches.push(emitter.apart(() => emitValue(gen, node.otherwise as Node)));
  const { joint, result } = emitJoint(gen, node.type, branches, node.nullable);
  const label = emitter.name('case');
  emitter.put(`${label}: {`);
  for (const [index, condition] of conditions.entries()) {
    for (const line of condition.lines) emitter.put(line);
    emitter.put(`if (${condition.result}) {`);
    emitBranch(gen, node.type, branches[index], joint);
    emitter.put(`break ${label}; }`);
  }
  if (node.otherwise !== null) emitBranch(gen, node.type, branches[branches.length - 1], joint);
  emitter.put('}');
  return result;
}

function emitTaken(gen: Generation, node: NodeOf<'case'>, operand: Emitted | null, when: Node): string {
  const value = emitValue(gen, when);
  if (operand === null || node.operand === null) return isTrue(value);
  const equal = comparison(gen.emitter, '=', node.operand.type, operand, value);
  const isnull = anyNull(gen.emitter, operand, value);
  return isTrue(plain(equal, isnull));
}

export function emitCoalesce(gen: Generation, node: NodeOf<'coalesce'>): Emitted {
  const { emitter } = gen;
  const branches = node.args.map((arg) => emitter.apart(() => emitValue(gen, arg)));
  const { joint, result } = emitJoint(gen, node.type, branches, node.nullable);
  const label = emitter.name('coalesce');
  emitter.put(`${label}: {`);
  for (const branch of branches) {
    emitBranch(gen, node.type, branch, joint);
    emitter.put(branch.result.isnull === 'false' ? `break ${label};` : `if (!${branch.result.isnull}) break ${label};`);
    if (branch.result.isnull === 'false') break;
  }
  emitter.put('}');
  return result;
}

export function emitNullif(gen: Generation, node: NodeOf<'nullif'>): Emitted {
  const { emitter } = gen;
  const left = emitValue(gen, node.left);
  const right = emitValue(gen, node.right);
  const equal = comparison(emitter, '=', node.left.type, left, right);
  const same = isTrue(plain(`(${equal})`, right.isnull));
  return {
    ...left,
    isnull: emitter.let(left.isnull === 'false' ? same : `${left.isnull} || (${same})`),
    literal: null,
  };
}

/** NULL arguments are passed over. */
export function emitExtreme(gen: Generation, node: NodeOf<'extreme'>): Emitted {
  const { emitter } = gen;
  const branches = node.args.map((arg) => emitter.apart(() => emitValue(gen, arg)));
  if (branches.some(({ result }) => result.den !== null)) throw new NotFast();
  const { joint, result } = emitJoint(gen, node.type, branches, true);
  for (const branch of branches) {
    for (const line of branch.lines) emitter.put(line);
    const value = isNumber(node.type.kind) ? aligned(emitter, branch.result, joint.scale) : branch.result;
    const further = comparison(emitter, node.fn === 'greatest' ? '>' : '<', node.type, value, result);
    const taken = `${joint.isnull} || ${further}`;
    emitter.put(`if (${value.isnull === 'false' ? taken : `!${value.isnull} && (${taken})`}) {`);
    emitter.put(`${joint.value} = ${value.value}; ${joint.isnull} = false; }`);
  }
  return node.nullable ? result : { ...result, isnull: 'false' };
}
