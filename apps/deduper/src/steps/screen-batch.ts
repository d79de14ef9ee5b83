import type { Batch } from '@millrace/contracts';
import type { KeyFilter } from '../filter/key-filter.js';

export interface Screened {
  /** One bit a row, lowest bit first: 1 = PostgreSQL has to be asked. */
  suspects: Buffer;
  suspect_rows: number;
}

/**
 * Adds the batch's keys to the filter and says which of them it may have had before. While keys are still missing
 * from the filter (`complete` false) it cannot call anything new, so every row is suspect.
 * @param filter null: rows have no key, and each is new
 */
export function screenBatch(batch: Batch, filter: KeyFilter | null, complete: boolean): Screened {
  const suspects = Buffer.alloc((batch.rows + 7) >>> 3);
  if (!filter) return { suspects, suspect_rows: 0 };
  const suspect_rows = filter.screen(batch.hashes, batch.rows, suspects);
  if (complete) return { suspects, suspect_rows };
  suspects.fill(0xff);
  const used = batch.rows & 7;
  if (used > 0) suspects[suspects.length - 1] = (1 << used) - 1;
  return { suspects, suspect_rows: batch.rows };
}
