/**
 * SQL: whether a chunk was merged into a range. What comes again of such a chunk was applied before, though neither ledger
 * nor manifest has a row of it any more.
 */
export const isCompacted = (source: string, chunk: string): string =>
  `coalesce((select r.chunk_to >= ${chunk} from millrace.ranges r
     where r.source = ${source} and r.chunk_from <= ${chunk} order by r.chunk_from desc limit 1), false)`;
