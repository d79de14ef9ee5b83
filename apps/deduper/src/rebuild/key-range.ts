import type { DatasetPlan } from '@millrace/dataset';
import { type Queryable, readKeyRange } from '@millrace/postgres';

/** Key texts of the keyed table in the order of its key, as bytes: what the cleaner hashed. */
export interface KeyRange {
  keys: Buffer[];
  /** Where the next range begins; undefined behind the last key. */
  last: string[] | undefined;
}

/** Reads the keys behind `after` (from the first one on without it), at most `limit`. Rejects when the database cannot be asked. */
export type ReadKeyRange = (plan: DatasetPlan, after: string[] | undefined, limit: number) => Promise<KeyRange>;

export function keyRangeReader(database: () => Promise<Queryable>): ReadKeyRange {
  return async (plan, after, limit) => {
    const { keys, last } = await readKeyRange(await database(), plan, after, limit);
    return { keys: keys ? split(keys) : [], last };
  };
}

/** At NUL, which no key has. */
function split(joined: Buffer): Buffer[] {
  const keys: Buffer[] = [];
  let start = 0;
  for (let end = joined.indexOf(0); end >= 0; end = joined.indexOf(0, start)) {
    keys.push(joined.subarray(start, end));
    start = end + 1;
  }
  keys.push(joined.subarray(start));
  return keys;
}
