import type pg from 'pg';
import type { DatasetWork } from './dataset-work.js';

type Replaced = DatasetWork['replaced'];

/**
 * A replaced row was counted as written by whatever accounts for it: the range that its chunk was compacted to, or the
 * ledger row of its part that spans its record. That ledger row is ours alone (same key, same part, same partition); a range
 * is shared by all parts, so that its row is locked, in order, once for all that is in hand.
 */
export async function adjustReplaced(client: pg.ClientBase, works: DatasetWork[]): Promise<void> {
  const replaced = works.flatMap((work) => work.replaced);
  if (replaced.length === 0) return;
  const chunk_froms = await findRanges(client, replaced);
  const adjusted =
    (await adjustRanges(client, replaced, chunk_froms)) +
    (await adjustLedger(
      client,
      replaced.filter((_, index) => !chunk_froms.has(index)),
    ));
  if (adjusted === replaced.length) return;
  const tables = works.filter((work) => work.replaced.length > 0).map(({ plan }) => plan.table);
  throw new Error(
    `${replaced.length - adjusted} of ${replaced.length} rows replaced in ${[...new Set(tables)].join(', ')} belong to no batch in ` +
      'millrace.ledger: the table holds rows that Millrace did not write, or the number of parts was changed',
  );
}

/** By index in `replaced`: the first chunk of the range that has the row. Ranges come and go under the lock that we share. */
async function findRanges(client: pg.ClientBase, replaced: Replaced): Promise<Map<number, number>> {
  const { rows } = await client.query<{ at: number; chunk_from: number }>(
    `select wanted.at::int - 1 as at, found.chunk_from
     from unnest($1::int[], $2::bigint[]) with ordinality as wanted (source, record, at)
     cross join lateral (
       select r.chunk_from, r.last_record from millrace.ranges r
       where r.source = wanted.source and r.first_record <= wanted.record
       order by r.first_record desc, r.chunk_from desc limit 1) found
     where found.last_record >= wanted.record`,
    [replaced.map(({ source }) => source), replaced.map(({ record }) => record)],
  );
  return new Map(rows.map(({ at, chunk_from }) => [at, chunk_from]));
}

async function adjustRanges(client: pg.ClientBase, replaced: Replaced, chunk_froms: Map<number, number>) {
  if (chunk_froms.size === 0) return 0;
  const { rows } = await client.query<{ adjusted: number }>(
    `with replaced as (
       select source, chunk_from, count(*)::int as rows from unnest($1::int[], $2::int[]) as r (source, chunk_from)
       group by 1, 2),
     locked as (
       select replaced.* from replaced join millrace.ranges r using (source, chunk_from)
       order by source, chunk_from for update of r),
     adjusted as (
       update millrace.ranges r set written = r.written - locked.rows, duplicates = r.duplicates + locked.rows
       from locked where r.source = locked.source and r.chunk_from = locked.chunk_from
       returning locked.rows)
     select coalesce(sum(rows), 0)::int as adjusted from adjusted`,
    [[...chunk_froms.keys()].map((index) => replaced[index].source), [...chunk_froms.values()]],
  );
  return rows[0].adjusted;
}

async function adjustLedger(client: pg.ClientBase, replaced: Replaced): Promise<number> {
  if (replaced.length === 0) return 0;
  const { rows } = await client.query<{ adjusted: number }>(
    `with replaced as (
       select batch.source, batch.chunk, batch.slot, count(*)::int as rows
       from unnest($1::int[], $2::bigint[], $3::int[], $4::int[]) as r (source, record, part, parts)
       cross join lateral (
         select source, chunk, slot from millrace.ledger l
         where l.source = r.source and l.first_record <= r.record and l.last_record >= r.record and l.slot % r.parts = r.part
         order by l.first_record desc limit 1) batch
       group by 1, 2, 3),
     adjusted as (
       update millrace.ledger l set written = l.written - replaced.rows, duplicates = l.duplicates + replaced.rows
       from replaced where l.source = replaced.source and l.chunk = replaced.chunk and l.slot = replaced.slot
       returning replaced.rows)
     select coalesce(sum(rows), 0)::int as adjusted from adjusted`,
    [
      replaced.map(({ source }) => source),
      replaced.map(({ record }) => record),
      replaced.map(({ part }) => part),
      replaced.map(({ parts }) => parts),
    ],
  );
  return rows[0].adjusted;
}
