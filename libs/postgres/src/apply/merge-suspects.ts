import { type Position, partOf } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type pg from 'pg';
import { copyIn } from '../copy/copy-in.js';
import { tableName } from '../ensure-dataset.js';
import { isNotStorable } from '../errors.js';
import type { OldValues } from '../gold/deltas.js';
import { quote } from '../identifiers.js';
import { collectCandidates, encodeCandidates, keyIsText, rowsByBatch } from './candidates.js';
import { copyTarget, type DatasetWork } from './dataset-work.js';
import { type Candidate, type Decision, decide } from './decide.js';
import { findUnstorable } from './find-unstorable.js';

/** Keys in one look-up. */
const LOOKUP_KEYS = 16_384;

/**
 * Step 4: decides the suspects by asking the table. We hold the lock of their parts, so nobody else writes rows with these
 * keys, and what was read stays true until the commit.
 */
export async function mergeSuspects(client: pg.ClientBase, work: DatasetWork): Promise<void> {
  let candidates = rejectKeysThatAreNoText(work, collectCandidates(work));
  work.suspects = candidates.length;
  if (candidates.length === 0) return;
  const existing = await readExisting(client, work.plan, candidates);
  for (;;) {
    const decision = decide(candidates, existing);
    await client.query('savepoint merge');
    try {
      return record(work, decision, await replaceRows(client, work, decision));
    } catch (error) {
      if (!isNotStorable(error)) throw error;
      await client.query('rollback to savepoint merge');
      // Not only winners: who comes second moves up when the first cannot be stored.
      const unstorable = await findUnstorable(client, work.plan, candidates);
      if (unstorable.size === 0) throw error;
      for (const [candidate, why] of unstorable) reject(work, candidate, why.column, why.value);
      candidates = candidates.filter((candidate) => !unstorable.has(candidate));
    }
  }
}

/** A key that would change on its way to the server and back must not be compared as text at all. */
function rejectKeysThatAreNoText(work: DatasetWork, candidates: Candidate[]): Candidate[] {
  return candidates.filter((candidate) => {
    if (keyIsText(candidate, work.plan)) return true;
    reject(work, candidate, work.plan.columns[work.plan.key].name, '22021: key is no UTF-8 text without NUL');
    return false;
  });
}

async function readExisting(client: pg.ClientBase, plan: DatasetPlan, candidates: Candidate[]) {
  const existing = new Map<string, Position>();
  const sql = `select k.key, t._source, t._record from unnest($1::text[]) as k (key)
    join ${tableName(plan.table)} t on t.${quote(plan.columns[plan.key].name)} = k.key`;
  for (let from = 0; from < candidates.length; from += LOOKUP_KEYS) {
    const keys = candidates.slice(from, from + LOOKUP_KEYS).map(({ key }) => key);
    const { rows } = await client.query<[string, number, number]>({ text: sql, values: [keys], rowMode: 'array' });
    for (const [key, source, record] of rows) existing.set(key, { source, record });
  }
  return existing;
}

/** Deletes what is replaced and writes the winners. @returns the old values of what was deleted, for gold */
async function replaceRows(
  client: pg.ClientBase,
  { plan, deltas }: DatasetWork,
  decision: Decision,
): Promise<OldValues[]> {
  let old: OldValues[] = [];
  if (decision.replaced.length > 0) {
    const columns = deltas.columnsRead();
    const values = columns.map((index) => {
      const { name, type } = plan.columns[index];
      return type === 'date' ? `t.${quote(name)} - date '1970-01-01'` : `t.${quote(name)}::text`;
    });
    const { rows } = await client.query<(string | number | null)[]>({
      text: `delete from ${tableName(plan.table)} t using unnest($1::text[]) as k (key)
        where t.${quote(plan.columns[plan.key].name)} = k.key returning ${['1', ...values].join(', ')}`,
      values: [decision.replaced.map(({ key }) => key)],
      rowMode: 'array',
    });
    if (rows.length !== decision.replaced.length) {
      throw new Error(
        `${rows.length} of ${decision.replaced.length} replaced rows found: ${plan.table} is written by a stranger`,
      );
    }
    old = rows.map((row) => new Map(columns.map((index, at) => [index, row[at + 1]])));
  }
  if (decision.winners.length > 0) await copyIn(client, copyTarget(plan), encodeCandidates(plan, decision.winners));
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
