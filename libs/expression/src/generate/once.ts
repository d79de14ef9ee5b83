import { childrenOf, isNumber, type Node } from '../tree.js';
import { type Emitted, plain } from './emitter.js';
import { emitEach, type Generation } from './values.js';

/**
 * What is the same for all rows of a chunk, or for all with the same entry of a dictionary, is computed when it is first needed and
 * kept: what is cut out of the source's path, and conditions on dimensions. Null when the value is of another kind.
 */
export function emitOnce(gen: Generation, node: Node): Emitted | null {
  const { emitter, loads } = gen;
  if (gen.once || childrenOf(node).length === 0 || isNumber(node.type.kind)) return null;
  const reads = columnsOf(node);
  const [index] = reads;
  if (reads.size > 1 || (reads.size === 1 && loads.encodings[index] !== 'dictionary')) return null;
  const isnull = reads.size === 1 ? loads.codeIsNull(index) : 'false';
  const { lines, result } = emitter.apart(() => emitEach({ ...gen, once: true }, node));
  // A NULL that comes about within is not known outside.
  const known = result.isnull === 'false' || result.isnull === isnull;
  const kept = emitter.name('m');
  const value = reads.size === 0 ? kept : emitter.name();
  const at = `${kept}[i${index}]`;
  if (!known) {
    emitter.lines.push(...lines);
    return result;
  }
  if (reads.size === 0) emitter.chunk.push(`let ${kept};`);
  else {
    emitter.chunk.push(`const ${kept} = new Array(c${index}.entries.count);`);
    emitter.put(`let ${value} = ${at};`);
  }
  emitter.put(`if (${value} === undefined) {`);
  emitter.lines.push(...lines);
  emitter.put(`${value} = ${result.value};`);
  if (reads.size === 1) emitter.put(isnull === 'false' ? `${at} = ${value};` : `if (!${isnull}) ${at} = ${value};`);
  emitter.put('}');
  return plain(value, result.isnull);
}

function columnsOf(node: Node, into = new Set<number>()): Set<number> {
  if (node.op === 'column') into.add(node.index);
  for (const child of childrenOf(node)) columnsOf(child, into);
  return into;
}
