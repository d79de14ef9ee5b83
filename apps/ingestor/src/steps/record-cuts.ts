import type { MillraceError } from '@millrace/contracts';
import type { Database, Transaction } from '@millrace/postgres';
import { CHUNK_COLUMNS, type ChunkRow, type ReadChunk } from './chunk-row.js';
import type { CutStep } from './cut-source.js';

/** Writes down what was cut, in one transaction and before any of it is published. @returns the chunks, to be published */
export async function recordCuts(db: Database, steps: CutStep[]): Promise<ReadChunk[]> {
  const chunks = steps.filter((step) => step.kind === 'chunk');
  await db.transaction(async (tx) => {
    await insertHeaders(
      tx,
      steps.filter((step) => step.kind === 'header'),
    );
    await insertChunks(
      tx,
      chunks.map(({ row }) => row),
    );
    await endSources(
      tx,
      steps.filter((step) => step.kind === 'end'),
    );
  });
  return chunks;
}

async function insertHeaders(tx: Transaction, headers: { source: number; header: Buffer; header_end: number }[]) {
  if (headers.length === 0) return;
  await tx.query(
    `update millrace.sources set header = found.header, header_end = found.header_end
     from unnest($1::int[], $2::bytea[], $3::bigint[]) as found (id, header, header_end) where sources.id = found.id`,
    [headers.map(({ source }) => source), headers.map(({ header }) => header), headers.map((h) => h.header_end)],
  );
}

/** No ON CONFLICT: a chunk that is there already means that two ingestors are at work, and this one must end. */
async function insertChunks(tx: Transaction, rows: ChunkRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `insert into millrace.chunks (${CHUNK_COLUMNS})
     select * from unnest($1::int[], $2::int[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[],
       $8::int[], $9::bytea[])`,
    [
      rows.map((row) => row.source),
      rows.map((row) => row.chunk),
      rows.map((row) => row.fingerprint),
      rows.map((row) => row.flags),
      rows.map((row) => row.byte_start),
      rows.map((row) => row.byte_end),
      rows.map((row) => row.first_record),
      rows.map((row) => row.records),
      rows.map((row) => row.content_hash),
    ],
  );
}

export interface SourceEnd {
  source: number;
  state: 'cut' | 'changed' | 'vanished' | 'failed';
  error: MillraceError | null;
}

export async function endSources(tx: Pick<Transaction, 'query'>, ends: SourceEnd[]): Promise<void> {
  if (ends.length === 0) return;
  await tx.query(
    `update millrace.sources set state = ended.state, error = ended.error
     from unnest($1::int[], $2::text[], $3::jsonb[]) as ended (id, state, error) where sources.id = ended.id`,
    [ends.map(({ source }) => source), ends.map(({ state }) => state), ends.map(({ error }) => errorJson(error))],
  );
}

/** What users see of an error in `sources.error` and `scans.error`. */
export function errorJson(error: MillraceError | null): string | null {
  return error && JSON.stringify({ code: error.code, message: error.message });
}
