import type { Queryable } from '../database.js';

/** The row that a duplicate lost against; of an inbox with its topic, partition, offset (digits) and row. */
export interface Winner {
  source: number;
  path: string;
  record: number;
  topic?: string;
  partition?: number;
  offset?: string;
  row?: number;
}

export interface Receipt {
  status: 'applied';
  /** = written + duplicates_total + rejected_total + failed. */
  rows: number;
  written: number;
  /** The first 1000 of them; null for a row that has no winner any more. Rows count from 0. */
  duplicates: { row: number; key: string; duplicate_of: Winner | null }[];
  duplicates_total: number;
  rejected: { row: number; column: string | null; code: string; value: string | null }[];
  rejected_total: number;
  /** Rows lost with what had to be set aside; where several messages share a chunk, at most so many of this one. */
  failed: number;
}

export interface MessagePlace {
  source: number;
  offset: bigint;
  /** Rows of the message. */
  rows: number;
}

const LISTED = 1000;
/** A message's records: from `lo` up to the first one of the next offset, exclusively. */
const RECORDS = 2 ** 20;

/**
 * What became of the rows of one inbox message, as it stands now: a row that was written may become a duplicate later, when
 * one at a lower position comes. `received` until all of them are applied.
 */
export async function receiptOf(db: Queryable, message: MessagePlace): Promise<{ status: 'received' } | Receipt> {
  const progress = await progressOf(db, message);
  if (!progress?.recorded || progress.unresolved > 0) return { status: 'received' };
  const { source, rows } = message;
  const { lo } = progress;
  const failed = progress.failures > 0 ? await failedRows(db, source, lo, lo + rows) : 0;
  const [{ duplicates_total, rejected_total }] = await db.query<{ duplicates_total: number; rejected_total: number }>(
    `select (select count(*) from millrace.duplicates where source = $1 and record >= $2 and record < $3) as duplicates_total,
       (select count(*) from millrace.rejects where source = $1 and record >= $2 and record < $3) as rejected_total`,
    [source, lo, lo + RECORDS],
  );
  return {
    status: 'applied',
    rows,
    written: Math.max(0, rows - duplicates_total - rejected_total - failed),
    duplicates: duplicates_total > 0 ? await listDuplicates(db, source, lo) : [],
    duplicates_total,
    rejected: rejected_total > 0 ? await listRejects(db, source, lo) : [],
    rejected_total,
    failed,
  };
}

interface Progress {
  /** The message's first record number. */
  lo: number;
  /** Whether all its rows are in chunks that were recorded. */
  recorded: boolean;
  /** Of these chunks, what was compacted left aside. */
  unresolved: number;
  failures: number;
}

/** Chunks that hold records of [lo, hi): from the last one that begins at or below `lo`. */
const overlapping = (source: string, lo: string, hi: string) =>
  `select c.* from millrace.chunks c
   where c.source = ${source} and c.byte_start < ${hi} and c.byte_end > ${lo} and c.byte_start >= coalesce(
     (select b.byte_start from millrace.chunks b where b.source = ${source} and b.byte_start <= ${lo}
      order by b.byte_start desc limit 1), ${lo})`;

async function progressOf(db: Queryable, { source, offset, rows }: MessagePlace): Promise<Progress | undefined> {
  const [progress] = await db.query<Progress>(
    `select m.lo, coalesce(s.next_record, 0) >= m.hi as recorded, c.unresolved, c.failures
     from millrace.sources s
     cross join lateral (
       select ($2::bigint - s.base_offset) << 20 as lo, (($2::bigint - s.base_offset) << 20) + greatest($3::int, 1) as hi) m
     cross join lateral (
       select count(*) filter (where not o.resolved) as unresolved,
         count(*) filter (where o.failed or exists (
           select from millrace.ledger l where l.source = o.source and l.chunk = o.chunk and l.failed > 0)) as failures
       from (${overlapping('s.id', 'm.lo', 'm.hi')}) c
       join millrace.chunk_outcomes o on o.source = c.source and o.chunk = c.chunk) c
     where s.id = $1 and s.kind = 'inbox' and s.base_offset <= $2::bigint`,
    [source, offset, rows],
  );
  return progress;
}

/** Which rows of a chunk failed is not known, only how many: they are taken to be this message's where it may be so. */
async function failedRows(db: Queryable, source: number, lo: number, hi: number): Promise<number> {
  const [{ failed }] = await db.query<{ failed: number }>(
    `select coalesce(sum(least(f.failed, f.rows - known.rows)), 0)::bigint as failed
     from (${overlapping('$1::int', '$2::bigint', '$3::bigint')}) c
     join millrace.chunk_outcomes o on o.source = c.source and o.chunk = c.chunk
     cross join lateral (
       select greatest(c.byte_start, $2::bigint) as lo, least(c.byte_end, $3::bigint) as hi,
         least(c.byte_end, $3::bigint) - greatest(c.byte_start, $2::bigint) as rows,
         case when o.failed then c.records - coalesce(sum(l.written + l.duplicates + l.rejected), 0)
           else coalesce(sum(l.failed), 0) end as failed
       from millrace.ledger l where l.source = c.source and l.chunk = c.chunk) f
     cross join lateral (
       select (select count(*) from millrace.duplicates d where d.source = c.source and d.record >= f.lo and d.record < f.hi)
         + (select count(*) from millrace.rejects r where r.source = c.source and r.record >= f.lo and r.record < f.hi)
         as rows) known`,
    [source, lo, hi],
  );
  return failed;
}

interface NamedWinner {
  record: number;
  winner_source: number;
  winner_path: string;
  winner_record: number;
  topic: string | null;
  partition: number | null;
  offset: string | null;
  row: number | null;
}

async function listDuplicates(db: Queryable, source: number, lo: number): Promise<Receipt['duplicates']> {
  const duplicates = await db.query<{ record: number; key: string }>(
    `select record, key from millrace.duplicates where source = $1 and record >= $2 and record < $3
     order by record limit ${LISTED}`,
    [source, lo, lo + RECORDS],
  );
  if (duplicates.length === 0) return [];
  const named = await db.query<NamedWinner>(
    `select n.record, n.winner_source, n.winner_path, n.winner_record, n.winner_topic as topic, n.winner_partition as partition,
       n.winner_offset::text as offset, n.winner_row as row
     from millrace.duplicates_named n where n.source = $1 and n.record >= $2 and n.record <= $3`,
    [source, duplicates[0].record, duplicates[duplicates.length - 1].record],
  );
  const winners = new Map(named.map((row) => [row.record, winnerOf(row)]));
  return duplicates.map(({ record, key }) => ({ row: record - lo, key, duplicate_of: winners.get(record) ?? null }));
}

function winnerOf({ winner_source, winner_path, winner_record, topic, partition, offset, row }: NamedWinner): Winner {
  const winner = { source: winner_source, path: winner_path, record: winner_record };
  if (topic === null || partition === null || offset === null || row === null) return winner;
  return { ...winner, topic, partition, offset, row };
}

async function listRejects(db: Queryable, source: number, lo: number): Promise<Receipt['rejected']> {
  return db.query(
    `select (record - $2::bigint)::int as row, "column", code, value from millrace.rejects
     where source = $1 and record >= $2 and record < $3 order by record limit ${LISTED}`,
    [source, lo, lo + RECORDS],
  );
}
