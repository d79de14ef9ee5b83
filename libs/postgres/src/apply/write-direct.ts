import { faultPoint } from '@millrace/telemetry';
import type pg from 'pg';
import { BufferPool, joinSmall } from '../copy/buffer-pool.js';
import { copyIn } from '../copy/copy-in.js';
import { encodeRows } from '../copy/encode-rows.js';
import { isNotStorable, isUniqueViolation } from '../errors.js';
import { GoldDeltas } from '../gold/deltas.js';
import { type BatchWork, copyTarget, type DatasetWork, isSuspect } from './dataset-work.js';

/**
 * Step 3: streams the rows flagged new straight into the keyed table, under a savepoint. The flag is a hint only: when a key
 * is there already, or a row cannot be stored, nothing of this remains and all rows go the careful way.
 * @returns whether a key was there already
 */
export async function writeDirect(client: pg.ClientBase, work: DatasetWork): Promise<boolean> {
  if (!work.direct || !work.batches.some(({ message }) => newRows(message)?.length !== 0)) return false;
  await client.query('savepoint direct');
  try {
    const pool = new BufferPool();
    // The savepoint is left to the commit: to release it costs a round trip and gains nothing.
    await copyIn(client, copyTarget(work.plan), joinSmall(encodeNew(work, pool), pool), pool);
    return false;
  } catch (error) {
    if (!isUniqueViolation(error) && !isNotStorable(error)) throw error;
    await client.query('rollback to savepoint direct');
    work.direct = false;
    work.deltas = new GoldDeltas(work.plan);
    return isUniqueViolation(error);
  }
}

/** Groups a batch for gold while the server is busy with its rows. */
function* encodeNew({ plan, version, batches, deltas }: DatasetWork, pool: BufferPool): Generator<Buffer> {
  for (const { message } of batches) {
    const rows = newRows(message);
    if (rows?.length === 0) continue;
    yield encodeRows(plan, { ...message.batch, version }, message.data, rows, pool);
    deltas.add(message.data, rows);
    faultPoint('aggregator.in_copy');
  }
}

/** Rows whose bit is 0; null = all. */
function newRows({ suspects, data }: BatchWork['message']): Uint32Array | null {
  if (suspects.every((byte) => byte === 0)) return null;
  const rows = new Uint32Array(data.rows);
  let count = 0;
  for (let row = 0; row < data.rows; row++) if (!isSuspect(suspects, row)) rows[count++] = row;
  return rows.subarray(0, count);
}
