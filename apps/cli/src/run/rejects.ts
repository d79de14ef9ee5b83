import type { Database } from '@millrace/postgres';
import type { RejectReason } from '../screen/run-screen.js';

/** Which rejects: of one scan's sources, of one dataset, or all. */
export interface RejectsOf {
  scan?: number;
  dataset?: string;
}

const WHERE = `($1::bigint is null or source in (select source from millrace.scan_sources where scan = $1))
  and ($2::text is null or dataset = $2)`;

interface ReasonRow {
  code: string;
  column: string | null;
  rows: number;
  path: string;
  record: number;
  value: string | null;
}

/** Reasons by how often they occur, each with the first record that has it. */
export async function readReasons(db: Database, { scan, dataset }: RejectsOf): Promise<RejectReason[]> {
  const rows = await db.query<ReasonRow>(
    `with reasons as (
       select code, "column", count(*)::float8 as rows, min(array[source::bigint, record]) as first
       from millrace.rejects where ${WHERE} group by code, "column")
     select distinct on (reasons.rows, reasons.code, reasons."column") reasons.code, reasons."column", reasons.rows,
       sources.path, rejects.record::float8 as record, rejects.value
     from reasons
     join millrace.rejects on rejects.source = reasons.first[1] and rejects.record = reasons.first[2]
       and rejects.code = reasons.code
     join millrace.sources on sources.id = rejects.source
     order by reasons.rows desc, reasons.code, reasons."column"`,
    [scan ?? null, dataset ?? null],
  );
  return rows.map(({ code, column, rows, path, record, value }) => ({
    code,
    column,
    rows,
    example: { file: path, record, value },
  }));
}

export interface RejectedRow {
  file: string;
  record: number;
  dataset: string;
  column: string | null;
  code: string;
  value: string | null;
  raw: string;
}

/** The first rejected rows in order of their positions. */
export async function readRejects(db: Database, { scan, dataset }: RejectsOf, limit: number): Promise<RejectedRow[]> {
  return db.query<RejectedRow>(
    `select sources.path as file, record::float8 as record, listed.dataset, "column", code, value,
       encode(raw, 'escape') as raw
     from (select * from millrace.rejects where ${WHERE} order by source, record limit $3) listed
     join millrace.sources on sources.id = listed.source
     order by listed.source, record`,
    [scan ?? null, dataset ?? null, limit],
  );
}
