import { MillraceError } from '@millrace/contracts';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { checkConfig } from './check.js';
import type { Fault } from './fault.js';
import { type DatasetConfig, datasetSchema, LITERAL_FIELDS } from './schema.js';

/**
 * A config's text as a checked config.
 * @param file only for messages @throws MillraceError CONFIG_INVALID with `file:line:column` of every fault
 */
export function parseConfig(text: string, file: string): DatasetConfig {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    refuse(
      file,
      document.errors.map(({ pos, message }) => ({ ...lineCounter.linePos(pos[0]), message })),
    );
  }
  keepLiterals(document);
  const parsed = datasetSchema.safeParse(document.toJS());
  const faults = parsed.success ? checkConfig(parsed.data) : parsed.error.issues.flatMap(faultsOf);
  if (faults.length > 0) {
    refuse(
      file,
      faults.map((fault) => ({ ...lineCounter.linePos(offsetOf(document, fault.path)), ...describe(fault) })),
    );
  }
  return parsed.data!;
}

/** Numbers that are bounds or defaults keep their digits as written. */
function keepLiterals(document: Document): void {
  visit(document, {
    Pair(_, pair) {
      if (!isScalar(pair.key) || !LITERAL_FIELDS.includes(String(pair.key.value)) || !isScalar(pair.value)) return;
      if (typeof pair.value.value === 'number') pair.value.value = pair.value.source;
    },
  });
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'no such field here: remove it' }));
  }
  if (issue.code === 'invalid_value') {
    return [{ path: issue.path, message: `write ${issue.values.map(String).join(' or ')}` }];
  }
  if (issue.code === 'invalid_type') return [{ path: issue.path, message: `write a value of type ${issue.expected}` }];
  return [{ path: issue.path, message: issue.message }];
}

/** Where the node of a path begins; of a field that is missing, where its owner begins. */
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

function describe(fault: Fault): { message: string } {
  const path = fault.path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    '',
  );
  return { message: path ? `${path}: ${fault.message}` : fault.message };
}

function refuse(file: string, faults: { line: number; col: number; message: string }[]): never {
  const lines = faults.map(({ line, col, message }) => `${file}:${line}:${col}: ${message}`);
  throw new MillraceError('CONFIG_INVALID', lines.join('\n'), { place: { file, line: faults[0].line } });
}
