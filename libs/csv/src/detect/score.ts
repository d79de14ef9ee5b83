import type { Candidate } from './candidates.js';
import { CELL_KIND, cellKind } from './cell-kind.js';
import { cellText, type SplitSample, widthOf } from './split-sample.js';

export interface Scored {
  candidate: Candidate;
  split: SplitSample;
  score: number;
  /** Fields of most rows, how many rows have so many, and how many rows there are. */
  width: number;
  modal_rows: number;
  rows: number;
}

/** Cells whose kinds are looked at. */
const MOST_CELLS = 800;
/** One column is no structure, and must lose to any that there is. */
const ONE_COLUMN = 0.15;
/** Of columns that were found by name, the share that makes a candidate certain to win. */
const KNOWN_WEIGHT = 2;
/** Two words a line are more often a name than two columns. */
const TWO_BLANK_COLUMNS = 0.3;

/**
 * How consistent the rows are that a candidate gives: like CleverCSV's measure, a score of the rows' pattern times one of the
 * cells' types, and beside these whether quotes stand where fields begin and end. One dirty row among many costs little.
 */
export function scoreSplit(candidate: Candidate, split: SplitSample, known: ReadonlySet<string>): Scored {
  const { rows } = split;
  const counts = new Map<number, number>();
  for (let row = 0; row < rows; row++) counts.set(widthOf(split, row), (counts.get(widthOf(split, row)) ?? 0) + 1);
  let pattern = 0;
  let width = 0;
  let modal_rows = 0;
  for (const [fields, count] of counts) {
    pattern += (count / rows) ** 2 * (fields === 1 ? ONE_COLUMN : (fields - 1) / fields);
    if (count > modal_rows || (count === modal_rows && fields > width)) [width, modal_rows] = [fields, count];
  }
  let score = pattern * typeScore(split) * quoteScore(split) * candidate.prior;
  if (candidate.delimiter === ' ' && width === 2 && split.proper === 0) score *= TWO_BLANK_COLUMNS;
  if (known.size > 0) score *= 1 + KNOWN_WEIGHT * knownShare(split, known);
  return { candidate, split, score: rows === 0 ? 0 : score, width, modal_rows, rows };
}

function typeScore(split: SplitSample): number {
  const cells = split.cell_from.length;
  const step = Math.max(1, Math.ceil(cells / MOST_CELLS));
  let known = 0;
  let looked_at = 0;
  for (let cell = 0; cell < cells; cell += step) {
    looked_at++;
    known += split.cell_quoted[cell] === 1 ? 1 : weightOf(cellText(split, cell));
  }
  return looked_at === 0 ? 0 : known / looked_at;
}

function weightOf(text: string): number {
  const kind = cellKind(text);
  if (kind === CELL_KIND.unknown) return 0;
  if (text.length > 1 && text.startsWith("'") && text.endsWith("'")) return 0.3;
  if (kind === CELL_KIND.phrase) return text.includes(',') ? 0.5 : 0.85;
  return kind === CELL_KIND.empty ? 0.9 : 1;
}

function quoteScore({ proper, broken, stray }: SplitSample): number {
  return (1 + proper) / (1 + proper + broken + stray / 2);
}

/** The best share of known column names that one of the first rows holds. */
function knownShare(split: SplitSample, known: ReadonlySet<string>): number {
  let best = 0;
  for (let row = 0; row < Math.min(split.rows, 30); row++) {
    let found = 0;
    for (let cell = split.first_cell[row]; cell < split.first_cell[row + 1]; cell++) {
      if (known.has(cellText(split, cell).toLowerCase())) found++;
    }
    best = Math.max(best, found / known.size);
  }
  return Math.min(1, best);
}
