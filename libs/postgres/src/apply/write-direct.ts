import { faultPoint } from '@millrace/telemetry/fault-point';
import type pg from 'pg';
import { copyIn } from '../copy/copy-in.js';
import type { RowEncoder, RowSet } from '../copy/row-encoder.js';
import { isNotStorable, isUniqueViolation } from '../errors.js';
import { GoldDeltas } from '../gold/deltas.js';
import { type BatchWork, copyTarget, type DatasetWork, isSuspect } from './dataset-work.js';

/**
 * Step 3: streams the rows flagged new straight into the keyed table, under a savepoint. The flag is a hint only: when a key
 * is there already, or a row cannot be stored, nothing of this remains and all rows go the careful way.
 * @returns whether a key was there already
 */
export async function writeDirect(client: pg.ClientBase, work: DatasetWork, encoder: RowEncoder): Promise<boolean> {
  const sets = work.direct ? work.batches.flatMap(({ message }) => newRows(message)) : [];
  if (sets.length === 0) return false;
  await client.query('savepoint direct');
  try {
    // The savepoint is left to the commit: to release it costs a round trip and gains nothing.
    await copyIn(client, copyTarget(work.plan), encodeNew(work, sets, encoder));
    return false;
  } catch (error) {
    if (!isUniqueViolation(error) && !isNotStorable(error)) throw error;
    await client.query('rollback to savepoint direct');
    work.direct = false;
    work.deltas = new GoldDeltas(work.plan);
    return isUniqueViolation(error);
  }
}

/** Groups the batches for gold while the server is busy with their rows. */
function* encodeNew({ plan, version, deltas }: DatasetWork, sets: RowSet[], encoder: RowEncoder): Generator<Buffer> {
  let grouped = 0;
  const group = ({ data, selected }: RowSet) => {
    deltas.add(data, selected);
    grouped++;
    faultPoint('aggregator.in_copy');
  };
  for (const slice of encoder.encode(plan, version, sets)) {
    yield slice;
    if (grouped < sets.length) group(sets[grouped]);
  }
  for (const set of sets.slice(grouped)) group(set);
}

/** Rows whose bit is 0. */
function newRows({ batch, data, suspects }: BatchWork['message']): RowSet[] {
  const selected = new Uint32Array(data.rows);
  let count = 0;
  for (let row = 0; row < data.rows; row++) if (!isSuspect(suspects, row)) selected[count++] = row;
  if (count === 0) return [];
  const { source, first_record } = batch;
  return [{ source, first_record, data, selected: count === data.rows ? null : selected.subarray(0, count) }];
}
