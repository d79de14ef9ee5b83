/**
 * SQL: whether a chunk was merged into a range. What comes again of such a chunk was applied before, though neither ledger
 * nor manifest has a row of it any more.
 */
export const isCompacted = (source: string, chunk: string): string =>
  `coalesce((select r.chunk_to >= ${chunk} from millrace.ranges r
     where r.source = ${source} and r.chunk_from <= ${chunk} order by r.chunk_from desc limit 1), false)`;

/**
 * SQL: whether a source went with what its dataset held before it was replaced. Only a repeat can still come of it, as nothing
 * was under way then; its number is never given again.
 */
export const isForgotten = (dataset: string, source: string): string =>
  `coalesce((select f.last_source >= ${source} and not exists (select from millrace.sources s where s.id = ${source})
     from millrace.replaced f where f.dataset = ${dataset}), false)`;

/** SQL: whether all of a chunk was applied before, though neither ledger nor manifest has a row of it. */
export const isPast = (dataset: string, source: string, chunk: string): string =>
  `(${isCompacted(source, chunk)} or ${isForgotten(dataset, source)})`;
