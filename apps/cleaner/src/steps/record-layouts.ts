import { CHUNK_FLAG, type Chunk, ENTRY_KIND } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { fieldsOfChunk } from './fields-of-chunk.js';
import type { FieldMap } from './map-fields.js';
import { walkEntries } from './parse-entries.js';

/** How each record of a chunk is written: its fields where it is CSV, null where it is JSON (or nothing that can be read). */
export function layoutsOf(plan: DatasetPlan, chunk: Chunk): (row: number) => FieldMap | null {
  if ((chunk.flags & CHUNK_FLAG.entries) !== 0) {
    const maps: (FieldMap | null)[] = [];
    walkEntries(plan, chunk.raw, (kind, map) => {
      if (kind !== ENTRY_KIND.header) maps.push(kind === ENTRY_KIND.csv ? map : null);
    });
    return (row) => maps[row];
  }
  const format = chunk.context?.format ?? 'csv';
  const map = format === 'json' || format === 'json_lines' ? null : fieldsOfChunk(plan, chunk);
  return () => map;
}
