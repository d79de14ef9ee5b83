import { partOf } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type pg from 'pg';
import { copyIn } from '../copy/copy-in.js';
import type { RowEncoder } from '../copy/row-encoder.js';
import { isNotStorable } from '../errors.js';
import type { OldValues } from '../gold/deltas.js';
import { quote, tableName } from '../identifiers.js';
import { hasKey, keyArrays, keyColumnsOf, keysFrom } from '../keys/key-columns.js';
import { type Value, valueSql } from '../values/values.js';
import { collectCandidates, columnThatIsNoText, encodeCandidates, rowsByBatch } from './candidates.js';
import { copyTarget, type DatasetWork } from './dataset-work.js';
import { type Candidate, type Decision, decide, type ExistingRow, keepOrder } from './decide.js';
import { findUnstorable } from './find-unstorable.js';

/** Keys in one look-up. */
const LOOKUP_KEYS = 16_384;

/**
 * Step 4: decides the suspects by asking the table. We hold the lock of their parts, so nobody else writes rows with these
 * keys, and what was read stays true until the commit.
 */
export async function mergeSuspects(client: pg.ClientBase, work: DatasetWork, encoder: RowEncoder): Promise<void> {
  let candidates = rejectKeysThatAreNoText(work, collectCandidates(work));
  work.suspects = candidates.length;
  if (candidates.length === 0) return;
  const existing = await readExisting(client, work.plan, candidates);
  const order = keepOrder(work.plan);
  for (;;) {
    const decision = decide(candidates, existing, order);
    await client.query('savepoint merge');
    try {
      return record(work, decision, await replaceRows(client, work, decision, encoder));
    } catch (error) {
      if (!isNotStorable(error)) throw error;
      await client.query('rollback to savepoint merge');
      // Not only winners: who comes second moves up when the first cannot be stored.
      const unstorable = await findUnstorable(client, work, candidates, encoder);
      if (unstorable.size === 0) throw error;
      for (const [candidate, why] of unstorable) reject(work, candidate, why.column, why.value);
      candidates = candidates.filter((candidate) => !unstorable.has(candidate));
    }
  }
}

/** A key that would change on its way to the server and back must not be compared as text at all. */
function rejectKeysThatAreNoText(work: DatasetWork, candidates: Candidate[]): Candidate[] {
  return candidates.filter((candidate) => {
    const column = columnThatIsNoText(candidate, work.plan);
    if (column === undefined) return true;
    reject(work, candidate, column, '22021: key is no UTF-8 text without NUL');
    return false;
  });
}

async function readExisting(client: pg.ClientBase, plan: DatasetPlan, candidates: Candidate[]) {
  const existing = new Map<string, ExistingRow>();
  const columns = keyColumnsOf(plan);
  const ranked = plan.keep.kind === 'max' ? plan.columns[plan.keep.column] : null;
  const rank = ranked ? valueSql(`t.${quote(ranked.name)}`, ranked) : 'null';
  const sql = `select k.at::int, coalesce(t._source, 0), coalesce(t._record, 0), ${rank}
    from ${keysFrom(columns, 'k')} join ${tableName(plan.table)} t on ${hasKey(columns, 't', 'k')}`;
  for (let from = 0; from < candidates.length; from += LOOKUP_KEYS) {
    const keys = candidates.slice(from, from + LOOKUP_KEYS).map(({ key }) => key);
    const { rows } = await client.query<[number, number, number, Value]>({
      text: sql,
      values: keyArrays(columns, keys),
      rowMode: 'array',
    });
    for (const [at, source, record, rank] of rows) existing.set(keys[at - 1], { source, record, rank });
  }
  return existing;
}

/** Deletes what is replaced and writes the winners. @returns the old values of what was deleted, for gold */
async function replaceRows(
  client: pg.ClientBase,
  work: DatasetWork,
  decision: Decision,
  encoder: RowEncoder,
): Promise<OldValues[]> {
  const { plan, deltas } = work;
  let old: OldValues[] = [];
  if (decision.replaced.length > 0) {
    const columns = deltas.columnsRead();
    const values = columns.map((index) => valueSql(`t.${quote(plan.columns[index].name)}`, plan.columns[index]));
    const key = keyColumnsOf(plan);
    const { rows } = await client.query<Value[]>({
      text: `delete from ${tableName(plan.table)} t using ${keysFrom(key, 'k')}
        where ${hasKey(key, 't', 'k')} returning ${['1', ...values].join(', ')}`,
      values: keyArrays(
        key,
        decision.replaced.map(({ key }) => key),
      ),
      rowMode: 'array',
    });
    if (rows.length !== decision.replaced.length) {
      throw new Error(
        `${rows.length} of ${decision.replaced.length} replaced rows found: ${plan.table} is written by a stranger`,
      );
    }
    old = rows.map((row) => new Map(columns.map((index, at) => [index, row[at + 1]])));
  }
  if (decision.winners.length > 0) {
    await copyIn(client, copyTarget(plan), encodeCandidates(work, decision.winners, encoder));
  }
  return old;
}

/** Writes a decision down in the transaction's accounts. */
function record(work: DatasetWork, { winners, replaced, duplicates }: Decision, old: OldValues[]): void {
  const dataset = work.plan.name;
  for (const [{ message }, rows] of rowsByBatch(winners)) work.deltas.add(message.data, rows);
  for (const values of old) work.deltas.retract(values);
  for (const { source, record, key, batch } of duplicates) {
    batch.duplicates++;
    work.duplicates.push({ source, record, dataset, key });
  }
  for (const { source, record, key, batch } of replaced) {
    // A row that stood there before Millrace came is in no books.
    if (source === 0) continue;
    const { slot, parts } = batch.message.batch;
    work.replaced.push({ source, record, part: partOf(slot, parts), parts });
    work.duplicates.push({ source, record, dataset, key });
  }
  work.false_suspects = winners.length - replaced.length;
}

function reject(work: DatasetWork, candidate: Candidate, column: string | null, value: string): void {
  const { source, record, batch } = candidate;
  batch.rejected++;
  work.rejects.push({ source, record, dataset: work.plan.name, column, code: 'not_storable', value, raw: null });
}
