import { basename } from 'node:path';
import type { Database } from '@millrace/postgres';
import type { RejectReason } from '../screen/run-screen.js';

/** Which rejects: of one scan's sources, of one dataset, or all. */
export interface RejectsOf {
  scan?: number;
  dataset?: string;
}

const WHERE = `($1::bigint is null or source in (select source from millrace.scan_sources where scan = $1))
  and ($2::text is null or dataset = $2)`;

/** Where a rejected row stood: `file` is the file's path, or `inbox.<dataset>[<partition>]`. */
export interface RejectPlace {
  file: string;
  /** Of a file: from 1. Of an inbox: offset << 20 | row. */
  record: number;
  /** Of an inbox only. */
  topic: string | null;
  partition: number | null;
  offset: number | null;
  /** Within its message, from 0. */
  row: number | null;
}

const PLACE = 'path as file, record::float8 as record, topic, partition, "offset"::float8 as "offset", row';

type ReasonRow = RejectPlace & { code: string; column: string | null; rows: number; value: string | null };

/** Reasons by how often they occur, each with the first record that has it. */
export async function readReasons(db: Database, { scan, dataset }: RejectsOf): Promise<RejectReason[]> {
  const rows = await db.query<ReasonRow>(
    `with reasons as (
       select code, "column", count(*)::float8 as rows, min(array[source::bigint, record]) as first
       from millrace.rejects where ${WHERE} group by code, "column")
     select distinct on (reasons.rows, reasons.code, reasons."column") reasons.code, reasons."column", reasons.rows,
       located.*
     from reasons cross join lateral (
       select ${PLACE}, value from millrace.rejects_located where source = reasons.first[1] and record = reasons.first[2]
         and code = reasons.code limit 1) located
     order by reasons.rows desc, reasons.code, reasons."column"`,
    [scan ?? null, dataset ?? null],
  );
  return rows.map(({ code, column, rows, ...example }) => ({ code, column, rows, example }));
}

export interface RejectedRow extends RejectPlace {
  dataset: string;
  column: string | null;
  code: string;
  value: string | null;
  raw: string;
}

/** The first rejected rows in order of their positions. */
export async function readRejects(db: Database, { scan, dataset }: RejectsOf, limit: number): Promise<RejectedRow[]> {
  return db.query<RejectedRow>(
    `select ${PLACE}, dataset, "column", code, value, encode(raw, 'escape') as raw
     from millrace.rejects_located where ${WHERE} order by source, record limit $3`,
    [scan ?? null, dataset ?? null, limit],
  );
}

/** For people. */
export function describePlace({ file, record, topic, partition, offset, row }: RejectPlace): string {
  return topic === null ? `${basename(file)}, record ${record}` : `${topic}[${partition}]@${offset}, row ${row}`;
}
