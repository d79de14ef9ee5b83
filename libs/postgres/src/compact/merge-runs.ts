import type pg from 'pg';
import { commit, type Database, type PostgresDatabase } from '../database.js';
import { isConflict, isConnectionLost, toMillraceError } from '../errors.js';
import { COMPACTION_LOCK } from '../locks.js';
import type { Run } from './find-runs.js';

/** A run whose merged hash is known; null for an inbox, which has none. */
export interface HashedRun extends Run {
  content_hash: Buffer | null;
}

/** Whoever waits for the lock holds up all who come after, so not for long: the flow goes first. */
const LOCK_WAIT_MS = 400;
/** A compactor that is stopped in mid-transaction must not hold up the flow: the server ends its session. */
const BEGIN = `begin; set local lock_timeout = ${LOCK_WAIT_MS}; set local idle_in_transaction_session_timeout = 3000;
  set local statement_timeout = 15000; set local enable_hashjoin = off; set local enable_mergejoin = off`;

/**
 * Merges runs into ranges in one transaction, during which nothing is applied.
 * @returns false when the flow did not let us in, or something changed since the runs were found: try again later
 */
export async function mergeRuns(db: Database, runs: HashedRun[]): Promise<boolean> {
  return (db as PostgresDatabase).withClient(async (client) => {
    try {
      await client.query(BEGIN);
      await client.query('select pg_advisory_xact_lock($1)', [COMPACTION_LOCK]);
      const sums = await takeAway(client, runs);
      if (sums.length !== runs.length || !sums.every((sum) => isWhole(sum, runs[sum.at]))) {
        await client.query('rollback');
        return false;
      }
      await insertRanges(client, runs, sums);
      await commit(client);
      return true;
    } catch (error) {
      if (!isConnectionLost(error)) await client.query('rollback').catch(() => {});
      if (isConflict(error)) return false;
      throw toMillraceError(error);
    }
  });
}

interface Sums {
  /** Index of the run. */
  at: number;
  chunks: number;
  manifests: number;
  ranges: number;
  records: number;
  written: number;
  duplicates: number;
  rejected: number;
  skipped: number;
  failed: number;
  heals: number;
}

/** Deletes all rows of the runs. What the ledger says only now counts: rows may have been replaced since the runs were found. */
async function takeAway(client: pg.ClientBase, runs: HashedRun[]): Promise<Sums[]> {
  const within = (table: string, chunk: string) =>
    `delete from millrace.${table} t using run where t.source = run.source and t.${chunk} between run.chunk_from and run.chunk_to`;
  const { rows } = await client.query<Sums>(
    `with run as (
       select source, chunk_from, chunk_to, at::int - 1 as at
       from unnest($1::int[], $2::int[], $3::int[]) with ordinality as r (source, chunk_from, chunk_to, at)),
     c as (${within('chunks', 'chunk')} returning at, records, heals),
     l as (${within('ledger', 'chunk')} returning at, written, duplicates, rejected, failed),
     m as (${within('manifests', 'chunk')} returning at, rejected, skipped, failed),
     r as (${within('ranges', 'chunk_from')} returning at, records, written, duplicates, rejected, skipped, heals),
     gone (at, chunks, manifests, ranges, records, written, duplicates, rejected, skipped, failed, heals) as (
       select at, 1, 0, 0, records, 0, 0, 0, 0, 0, heals from c
       union all select at, 0, 0, 0, 0, written, duplicates, rejected, 0, failed, 0 from l
       union all select at, 0, 1, 0, 0, 0, 0, rejected, skipped, failed::int, 0 from m
       union all select at, 0, 0, 1, records, written, duplicates, rejected, skipped, 0, heals from r)
     select at, sum(chunks)::int as chunks, sum(manifests)::int as manifests, sum(ranges)::int as ranges,
       sum(records)::bigint as records, sum(written)::bigint as written, sum(duplicates)::bigint as duplicates,
       sum(rejected)::bigint as rejected, sum(skipped)::bigint as skipped, sum(failed)::bigint as failed,
       sum(heals)::int as heals
     from gone group by at order by at`,
    [
      runs.map(({ source }) => source),
      runs.map(({ pieces }) => pieces[0].chunk_from),
      runs.map(({ pieces }) => pieces[pieces.length - 1].chunk_to),
    ],
  );
  return rows;
}

function isWhole(sum: Sums, run: HashedRun): boolean {
  const { chunks, manifests, ranges, records, written, duplicates, rejected, failed } = sum;
  return (
    chunks === run.chunks &&
    manifests === run.chunks &&
    ranges === run.pieces.length - run.chunks &&
    records === written + duplicates + rejected &&
    failed === 0
  );
}

async function insertRanges(client: pg.ClientBase, runs: HashedRun[], sums: Sums[]): Promise<void> {
  const first = runs.map(({ pieces }) => pieces[0]);
  const last = runs.map(({ pieces }) => pieces[pieces.length - 1]);
  await client.query(
    `insert into millrace.ranges (source, chunk_from, chunk_to, byte_start, byte_end, first_record, last_record, content_hash,
       records, written, duplicates, rejected, skipped, heals)
     select * from unnest($1::int[], $2::int[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[],
       $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::int[])`,
    [
      runs.map(({ source }) => source),
      first.map(({ chunk_from }) => chunk_from),
      last.map(({ chunk_to }) => chunk_to),
      first.map(({ byte_start }) => byte_start),
      last.map(({ byte_end }) => byte_end),
      first.map(({ first_record }) => first_record),
      // Records of an inbox have gaps between them: all up to the end of the bytes are of this range.
      runs.map(({ kind }, at) => (kind === 'inbox' ? last[at].byte_end - 1 : last[at].last_record)),
      runs.map(({ content_hash }) => content_hash),
      sums.map(({ records }) => records),
      sums.map(({ written }) => written),
      sums.map(({ duplicates }) => duplicates),
      sums.map(({ rejected }) => rejected),
      sums.map(({ skipped }) => skipped),
      sums.map(({ heals }) => heals),
    ],
  );
}
