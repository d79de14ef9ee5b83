import type { DatasetPlan } from '@millrace/dataset';
import type { Database, Transaction } from '../database.js';
import { COMPACTION_LOCK, REGISTRATION_LOCK } from '../locks.js';
import { actAsWriter } from '../roles/act-as-writer.js';
import { giveTables, relationsOfDataset } from '../roles/give-tables.js';
import { requireNothingUnderWay } from './busy.js';
import { beginSchemaChange, bringForward, emptyTables, keepVersion, relationsOf } from './ensure-dataset.js';
import { nameDuplicates } from './name-duplicates.js';
import { explainRights } from './refuse.js';
import { addVersion, versionsOf } from './registry.js';
import { shapeOf } from './shape.js';

/**
 * Begins a dataset anew under a plan, as `if_table_exists: replace` asks for: its tables are emptied, and its sources forgotten with
 * all that is known of them. An inbox's sources stay, as they say up to where its topic was read; what was read is forgotten. In one
 * transaction, and only while nothing of the dataset is under way.
 * @throws MillraceError PLAN_BUSY (try again), CONFIG_INVALID
 */
export async function replaceDataset(db: Database, plan: DatasetPlan): Promise<{ name: string; version: number }> {
  const change = async (tx: Transaction) => {
    await beginSchemaChange(tx);
    await tx.query('select pg_advisory_xact_lock($1)', [REGISTRATION_LOCK]);
    await tx.query('select pg_advisory_xact_lock($1)', [COMPACTION_LOCK]);
    await actAsWriter(tx, [...relationsOf(plan), ...(await relationsOfDataset(tx, plan.name))]);
    const versions = await versionsOf(tx, plan.name);
    const last = versions.at(-1);
    // Whoever writes chunks down holds one of these.
    await tx.query('select from millrace.datasets where name = $1 for update', [plan.name]);
    await tx.query('select from millrace.sources where dataset = $1 order by id for update', [plan.name]);
    await requireNothingUnderWay(tx, plan.name);
    if (last) await emptyTables(tx, last.shape ?? { ...shapeOf(plan), table: last.table_name });
    await forget(tx, plan.name);
    await bringForward(tx, plan, last);
    const isCurrent = last?.fingerprint === plan.fingerprint;
    const version = isCurrent ? await keepVersion(tx, plan, last) : await addVersion(tx, plan);
    await nameDuplicates(tx);
    await giveTables(tx, relationsOf(plan));
    return { name: plan.name, version };
  };
  return explainRights(plan.name, () => db.transaction(change));
}

/** What still comes of a forgotten source is a repeat: see `isForgotten`. Of an inbox, of a chunk up to the last one: see `isCompacted`. */
async function forget(tx: Transaction, dataset: string): Promise<void> {
  const own = 'source in (select id from millrace.sources where dataset = $1)';
  await tx.query(
    `insert into millrace.replaced (dataset, last_source) select $1, millrace.last_source()
     on conflict (dataset) do update set last_source = excluded.last_source, at = now()`,
    [dataset],
  );
  const read = await tx.query<{ source: number; last: number; next: number }>(
    `select * from (
       select s.id as source, greatest(
         (select max(c.chunk) from millrace.chunks c where c.source = s.id),
         (select max(r.chunk_to) from millrace.ranges r where r.source = s.id)) as last, coalesce(s.next_record, 0) as next
       from millrace.sources s where s.dataset = $1 and s.kind = 'inbox') read
     where last is not null`,
    [dataset],
  );
  for (const table of ['chunks', 'ledger', 'manifests', 'ranges', 'set_aside', 'scan_sources']) {
    await tx.query(`delete from millrace.${table} where ${own}`, [dataset]);
  }
  await tx.query(
    `insert into millrace.ranges (source, chunk_from, chunk_to, byte_start, byte_end, first_record, last_record,
       records, written, duplicates, rejected, skipped, heals)
     select source, 0, last, 0, next, 0, greatest(next - 1, 0), 0, 0, 0, 0, 0, 0
     from unnest($1::int[], $2::int[], $3::bigint[]) as read (source, last, next)`,
    [read.map(({ source }) => source), read.map(({ last }) => last), read.map(({ next }) => next)],
  );
  for (const table of ['rejects', 'duplicates', 'requests']) {
    await tx.query(`delete from millrace.${table} where dataset = $1`, [dataset]);
  }
  await tx.query(`delete from millrace.sources where dataset = $1 and kind <> 'inbox'`, [dataset]);
}
