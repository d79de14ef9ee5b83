import type { ExpressionFault } from './column.js';
import { exactValue, type ValueSource } from './exact.js';
import { NotComputable } from './rational.js';
import { childrenOf, type Node } from './tree.js';

const NO_ROW: ValueSource = {
  value: () => {
    throw new Error('a constant reads no column');
  },
  file: '',
};

const SINGLE = ['left', 'right', 'operand', 'low', 'high', 'otherwise'] as const;

/** Computes what has no columns in it, once; what cannot be computed is a fault of the expression. */
export function fold(node: Node, faults: ExpressionFault[]): Node {
  const folded = withChildren(node, (child) => fold(child, faults));
  const children = childrenOf(folded);
  if (children.length === 0 || children.some(({ op }) => op !== 'const')) return folded;
  const { at, type } = folded;
  try {
    const value = exactValue(folded, NO_ROW);
    return { op: 'const', at, type, nullable: value === null, value };
  } catch (error) {
    if (!(error instanceof NotComputable)) throw error;
    faults.push({ at, message: `this cannot be computed for any row: ${error.message}` });
    return folded;
  }
}

function withChildren(node: Node, change: (child: Node) => Node): Node {
  const copy: Node = { ...node };
  const fields = copy as Partial<Record<(typeof SINGLE)[number], Node | null>>;
  for (const key of SINGLE) {
    const child = fields[key];
    if (child) fields[key] = change(child);
  }
  if (copy.op === 'in') copy.list = copy.list.map(change);
  else if (copy.op === 'case') {
    copy.whens = copy.whens.map(({ when, result }) => ({ when: change(when), result: change(result) }));
  } else if ('args' in copy) copy.args = copy.args.map(change);
  return copy;
}
