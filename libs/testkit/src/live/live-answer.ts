import { type Counts, GOLD_DIMENSIONS, GOLD_TABLES, type GoldRow, type SalesGold, sortGold } from '../answer-key.js';
import { decimalText, divideRounded } from '../exact-sum.js';

/**
 * What must be true once all rows of one live producer are resolved, wherever each of them was put, and whichever of two
 * equal orders was first: duplicates are the same order in other spellings.
 */
export interface LiveAnswer extends Omit<Counts, 'skipped'> {
  kind: 'live';
  dataset: 'sales';
  /** inbox: by HTTP or Kafka; file: to a file that was watched while it grew. */
  via: 'inbox' | 'file';
  /** With these the same rows can be made again. */
  seed: number;
  dup: number;
  bad: number;
  /** All order ids of the rows are `<key_prefix>-<number>`, numbered from 1 without gaps. */
  key_prefix: string;
  /** See digest.ts: of the rows that must be there, by the numbers of their order ids. */
  rows_digest: string;
  /** Of these rows alone. */
  gold: SalesGold;
}

/** Gold of several answers whose orders have nothing in common. Exact. */
export function addGold(parts: readonly SalesGold[]): SalesGold {
  const tables = GOLD_TABLES.map((table) => {
    const groups = new Map<string, GoldRow>();
    for (const part of parts) {
      for (const row of part[table]) {
        const key = JSON.stringify(GOLD_DIMENSIONS[table].map((name) => row[name]));
        const other = groups.get(key);
        groups.set(key, other ? addRows(other, row) : row);
      }
    }
    return [table, sortGold(table, [...groups.values()])];
  });
  return Object.fromEntries(tables) as SalesGold;
}

const SCALES = { orders: 0, quantity: 0, revenue: 2, unit_price_sum: 4 } as const;

function addRows(a: GoldRow, b: GoldRow): GoldRow {
  const sum = { ...a };
  for (const [measure, scale] of Object.entries(SCALES)) {
    if (measure in a) sum[measure] = decimalText(scaled(a[measure]) + scaled(b[measure]), scale);
  }
  if (sum.average_price !== undefined) {
    sum.average_price = decimalText(divideRounded(scaled(sum.unit_price_sum), BigInt(sum.orders)), 4);
  }
  return sum;
}

/** Of a literal with all its decimals, as answers hold them. */
function scaled(literal: string): bigint {
  return BigInt(literal.replace('.', ''));
}
