import { CELL_KIND, type CellKind, isTelling, shapeOf } from './cell-kind.js';
import type { SampleRow } from './sample-rows.js';

/** What nearly all cells of a column are, where that is a kind that a title seldom is. */
export interface ColumnKind {
  kind: CellKind;
  /** Of a column of codes: `A-9`. */
  shape: string | null;
}

/** What most rows are like. */
export interface Columns {
  /** Fields. */
  width: number;
  /** Columns that hold anything: what a full row of titles should name. */
  used: number;
  kinds: (ColumnKind | null)[];
  /** Whether any of the columns has a kind: else nothing tells titles from values. */
  telling: boolean;
}

/** So many of a column's cells that are not empty must be of one kind. */
const KIND_SHARE = 0.8;
/** First rows that may be titles, and say nothing about columns. */
const LEFT_OUT = 5;

/** The columns of rows that mostly have `width` fields: kinds are those of the rows of full width behind the first ones. */
export function columnsOf(rows: SampleRow[], width: number): Columns {
  const full = rows.filter((row) => row.cells.length === width);
  const body = full.slice(Math.min(LEFT_OUT, Math.ceil(full.length / 2)));
  const kinds = Array.from({ length: width }, (_, column) => kindOfColumn(body, column));
  const used = kinds.filter((_, column) => full.some((row) => row.kinds[column] !== CELL_KIND.empty)).length;
  return { width, used, kinds, telling: kinds.some((kind) => kind !== null) };
}

function kindOfColumn(body: SampleRow[], column: number): ColumnKind | null {
  const counts = new Map<string, number>();
  let filled = 0;
  for (const row of body) {
    const kind = row.kinds[column];
    if (kind === CELL_KIND.empty) continue;
    filled++;
    const key = kind === CELL_KIND.code ? `${kind} ${shapeOf(row.cells[column])}` : String(kind);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [key, count] of counts) {
    const [kind, shape = null] = key.split(' ', 2);
    if (count < KIND_SHARE * filled || !isTelling(Number(kind) as CellKind)) continue;
    return { kind: Number(kind) as CellKind, shape };
  }
  return null;
}

/** How well a row fits its columns: cells that are of their column's kind, and cells that are words where the column has values. */
export function fitOf(row: SampleRow, kinds: (ColumnKind | null)[]): { fitting: number; titles: number } {
  let fitting = 0;
  let titles = 0;
  for (const [column, expected] of kinds.entries()) {
    const kind = row.kinds[column] ?? CELL_KIND.empty;
    if (expected === null || kind === CELL_KIND.empty) continue;
    if (kind === expected.kind && (expected.shape === null || shapeOf(row.cells[column]) === expected.shape)) fitting++;
    else if (kind >= CELL_KIND.code) titles++;
  }
  return { fitting, titles };
}
