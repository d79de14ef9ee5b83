import { LIMITS } from '@millrace/contracts';
import type pg from 'pg';
import { copyIn } from '../copy/copy-in.js';
import type { RowEncoder } from '../copy/row-encoder.js';
import { isNotStorable, type PostgresError } from '../errors.js';
import { quote, tableName } from '../identifiers.js';
import { keyColumnsOf } from '../keys/key-columns.js';
import { encodeCandidates } from './candidates.js';
import { copyTarget, type DatasetWork } from './dataset-work.js';
import type { Candidate } from './decide.js';

/** Why PostgreSQL cannot hold a row: SQLSTATE and message, and the column where the server names it. */
export interface Unstorable {
  column: string | null;
  value: string;
}

/** Finds the rows that PostgreSQL cannot hold, by halves, in an empty copy of the table. Leaves nothing behind. */
export async function findUnstorable(
  client: pg.ClientBase,
  work: DatasetWork,
  candidates: readonly Candidate[],
  encoder: RowEncoder,
): Promise<Map<Candidate, Unstorable>> {
  const found = new Map<Candidate, Unstorable>();
  await client.query('savepoint probe');
  await client.query(
    `create temporary table millrace_probe (like ${tableName(work.plan.table)} including constraints) on commit drop`,
  );
  // Not unique: the rows in question may well be duplicates, but a key too long for a btree must show.
  const key = keyColumnsOf(work.plan).map(({ name }) => quote(name));
  await client.query(`create index on millrace_probe (${key.join(', ')})`);
  const search = async (rows: readonly Candidate[]): Promise<void> => {
    const error = await probe(client, work, rows, encoder);
    if (!error) return;
    if (rows.length === 1) {
      found.set(rows[0], explain(error));
      return;
    }
    const half = rows.length >> 1;
    await search(rows.slice(0, half));
    await search(rows.slice(half));
  };
  await search(candidates);
  await client.query('rollback to savepoint probe');
  return found;
}

async function probe(
  client: pg.ClientBase,
  work: DatasetWork,
  rows: readonly Candidate[],
  encoder: RowEncoder,
): Promise<PostgresError | undefined> {
  await client.query('savepoint half');
  try {
    await copyIn(client, copyTarget(work.plan, 'pg_temp.millrace_probe'), encodeCandidates(work, rows, encoder));
    return undefined;
  } catch (error) {
    if (!isNotStorable(error)) throw error;
    return error as PostgresError;
  } finally {
    await client.query('rollback to savepoint half');
  }
}

function explain(error: PostgresError): Unstorable {
  const column = error.column ?? /, column ([^:]+)/.exec(error.where ?? '')?.[1]?.trim() ?? null;
  const text = `${error.code}: ${error.message}`;
  return { column, value: Buffer.from(text).subarray(0, LIMITS.reject_value_bytes).toString('utf8') };
}
