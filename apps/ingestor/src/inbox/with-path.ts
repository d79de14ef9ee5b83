import { type DatasetPlan, usesFile } from '@millrace/dataset';
import type { ReadChunk } from '../steps/chunk-row.js';

/** Where a plan asks for the path of a source, an inbox's chunks name theirs. */
export function withPath(
  chunk: ReadChunk,
  { topic, source }: { topic: string; source: { partition: number } },
  plans: ReadonlyMap<string, DatasetPlan>,
): ReadChunk {
  const plan = plans.get(chunk.row.fingerprint);
  if (!plan || !usesFile(plan)) return chunk;
  const path = `${topic}[${source.partition}]`;
  return { ...chunk, context: { format: 'csv', path, dialect: null, names: null, date_formats: {} } };
}
