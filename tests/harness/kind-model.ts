import { type KindRow, OUTLIER } from './kind-rows.js';
import type { Kind, KindData } from './kinds.js';

export interface KindAnswer {
  totals: { rows_in: number; written: number; duplicates: number; rejected: number };
  /** `<file> <record>` of each row that is kept, sorted. */
  kept: string[];
  /** What the gold table by region must hold, sorted; amounts in hundredths. */
  regions: { region: string; n: number; total: number; lowest: number; highest: number }[];
}

interface Placed {
  place: string;
  row: KindRow;
}

/** What must come of a kind's files, in the plainest way: all rows in order, in memory. */
export function answerOf({ kind, files }: KindData): KindAnswer {
  const all = files.flatMap(({ name, rows }) => rows.map((row, at): Placed => ({ place: `${name} ${at + 1}`, row })));
  const valid = all.filter(
    ({ row }) => row.amount !== null && !(kind.rejects_outliers && Number(row.amount) >= OUTLIER),
  );
  const kept = kind.key.length === 0 ? valid : winnersOf(kind, valid);
  return {
    totals: {
      rows_in: all.length,
      written: kept.length,
      duplicates: valid.length - kept.length,
      rejected: all.length - valid.length,
    },
    kept: kept.map(({ place }) => place).sort(),
    regions: regionsOf(kept),
  };
}

function winnersOf(kind: Kind, rows: Placed[]): Placed[] {
  const winners = new Map<string, Placed>();
  for (const candidate of rows) {
    const key = JSON.stringify(kind.key.map((field) => candidate.row[field]));
    const present = winners.get(key);
    if (!present || beats(kind, candidate.row, present.row)) winners.set(key, candidate);
  }
  return [...winners.values()];
}

/** Whether a row takes the place of one that stands before it. */
function beats({ keep }: Kind, later: KindRow, earlier: KindRow): boolean {
  if (keep === 'first') return false;
  if (keep === 'last') return true;
  if (keep === 'max(amount)') return Number(later.amount) > Number(earlier.amount);
  // These times compare as text; none is the lowest.
  return (later.changed_at ?? '') > (earlier.changed_at ?? '');
}

function regionsOf(rows: Placed[]): KindAnswer['regions'] {
  const regions = [...new Set(rows.map(({ row }) => row.region))].sort();
  return regions.map((region) => {
    const amounts = rows
      .filter(({ row }) => row.region === region)
      .map(({ row }) => Math.round(Number(row.amount) * 100));
    return {
      region,
      n: amounts.length,
      total: amounts.reduce((sum, amount) => sum + amount, 0),
      lowest: Math.min(...amounts),
      highest: Math.max(...amounts),
    };
  });
}
