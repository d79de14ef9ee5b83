import type { Chunk } from '@millrace/contracts';
import { headerOf, parseHeader } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';
import { type FieldMap, fieldsByName, fieldsInOrder } from './map-fields.js';

/** The last names of a plan: most chunks have those of the one before. */
const last = new WeakMap<DatasetPlan, { names: readonly string[]; map: FieldMap }>();

/**
 * How the fields of a file's CSV records become slots: by the names that its context knows, else by those of its header record, else,
 * where it has none, in the order of the source columns.
 * @throws MillraceError SOURCE_UNREADABLE when the header record's quote never closes, or when it names too many extra fields
 */
export function fieldsOfChunk(plan: DatasetPlan, chunk: Chunk): FieldMap {
  const names = namesOfChunk(chunk);
  if (names === null) return fieldsInOrder(plan);
  const known = last.get(plan);
  if (known && names.length === known.names.length && names.every((name, field) => name === known.names[field])) {
    return known.map;
  }
  const map = fieldsByName(plan, names);
  last.set(plan, { names, map });
  return map;
}

/** The names of a CSV source's fields; null when it has none. @throws MillraceError SOURCE_UNREADABLE */
export function namesOfChunk({ context, header }: Chunk): readonly string[] | null {
  if (context?.names) return context.names;
  if (!context?.dialect) return parseHeader(header);
  // What stands before the header is no part of its bytes.
  return headerOf(header, { ...context.dialect, preamble_lines: 0 }).names;
}
