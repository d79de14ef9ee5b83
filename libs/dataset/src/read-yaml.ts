import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { type ReadText, SyntaxFault } from './parse.js';
import { LITERAL_FIELDS, LITERAL_LISTS } from './schema.js';

/** @throws SyntaxFault */
export function readYaml(text: string): ReadText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new SyntaxFault(document.errors.map(({ pos, message }) => ({ ...lines.linePos(pos[0]), message })));
  }
  keepLiterals(document);
  return { values: document.toJS(), placeOf: (path) => lines.linePos(offsetOf(document, path)) };
}

/** Bounds, defaults and words keep their characters as written: 0.10 stays 0.10, and NULL in a list of words is a word. */
function keepLiterals(document: Document): void {
  const keep = (node: unknown, isWord: boolean) => {
    if (!isScalar(node) || typeof node.value === 'string') return;
    if (node.source !== undefined && (isWord || node.value !== null)) node.value = node.source;
  };
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key)) return;
      if (LITERAL_FIELDS.includes(String(key.value))) keep(value, false);
      if (!LITERAL_LISTS.includes(String(key.value)) || !isSeq(value)) return;
      for (const item of value.items) keep(item, true);
    },
  });
}

function offsetOf(document: Document, path: PropertyKey[]): number {
  const keys = path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  for (let depth = keys.length; depth > 0; depth--) {
    const owner = depth === 1 ? document.contents : document.getIn(keys.slice(0, depth - 1), true);
    const pair = isMap(owner) && owner.items.find(({ key }) => isScalar(key) && key.value === keys[depth - 1]);
    const node = pair ? (depth === keys.length && isNode(pair.key) ? pair.key : pair.value) : undefined;
    const found = isNode(node) ? node : document.getIn(keys.slice(0, depth), true);
    if (isNode(found) && found.range) return found.range[0];
  }
  return 0;
}
