import { sortedByKey } from '../answer-key.js';
import type { Queries } from '../expect/found-in-database.js';

/** Sums over the books of the sales dataset. */
export interface BookTotals {
  rows_in: number;
  written: number;
  duplicates: number;
  rejected: number;
}

export interface LiveTotals {
  inbox: BookTotals;
  file: BookTotals;
  rejected_by_code: Record<string, number>;
  /** Sources that are not balanced, and those of which not everything is resolved; by path. */
  unbalanced: string[];
  incomplete: string[];
}

const NOTHING: BookTotals = { rows_in: 0, written: 0, duplicates: 0, rejected: 0 };

/** Nothing was there before. */
export const NO_TOTALS: LiveTotals = {
  inbox: NOTHING,
  file: NOTHING,
  rejected_by_code: {},
  unbalanced: [],
  incomplete: [],
};

const NAMED = 5;

/** Where the sales dataset stands now. */
export async function readLiveTotals(database: Queries): Promise<LiveTotals> {
  const kinds = await database.query<
    BookTotals & { kind: 'inbox' | 'file'; unbalanced: string[]; incomplete: string[] }
  >(
    `select s.kind, sum(b.rows_in)::float8 as rows_in, sum(b.written)::float8 as written,
       sum(b.duplicates)::float8 as duplicates, sum(b.rejected)::float8 as rejected,
       coalesce(array_agg(b.path) filter (where not b.balanced), '{}') as unbalanced,
       coalesce(array_agg(b.path) filter (where not b.complete), '{}') as incomplete
     from millrace.books b join millrace.sources s on s.id = b.source where b.dataset = 'sales' group by s.kind`,
  );
  const codes = await database.query<{ code: string; rows: number }>(
    `select code, count(*)::float8 as rows from millrace.rejects where dataset = 'sales' group by code`,
  );
  const of = (kind: 'inbox' | 'file'): BookTotals => {
    const { rows_in, written, duplicates, rejected } = kinds.find((row) => row.kind === kind) ?? NOTHING;
    return { rows_in, written, duplicates, rejected };
  };
  return {
    inbox: of('inbox'),
    file: of('file'),
    rejected_by_code: sortedByKey(Object.fromEntries(codes.map(({ code, rows }) => [code, rows]))),
    unbalanced: kinds.flatMap(({ unbalanced }) => unbalanced).slice(0, NAMED),
    incomplete: kinds.flatMap(({ incomplete }) => incomplete).slice(0, NAMED),
  };
}

/** What came since `before`. */
export function since(before: LiveTotals, now: LiveTotals): LiveTotals {
  const less = (a: BookTotals, b: BookTotals): BookTotals => ({
    rows_in: a.rows_in - b.rows_in,
    written: a.written - b.written,
    duplicates: a.duplicates - b.duplicates,
    rejected: a.rejected - b.rejected,
  });
  const codes = Object.entries(now.rejected_by_code).map(([code, rows]): [string, number] => [
    code,
    rows - (before.rejected_by_code[code] ?? 0),
  ]);
  return {
    ...now,
    inbox: less(now.inbox, before.inbox),
    file: less(now.file, before.file),
    rejected_by_code: Object.fromEntries(codes.filter(([, rows]) => rows !== 0)),
  };
}
