import { type Dialect, PLAIN_DIALECT } from '@millrace/contracts';
import { type Candidate, delimitersFor, otherEscapesFor, otherQuotesFor } from './candidates.js';
import { findComment } from './comment.js';
import { decodeText, detectEncoding } from './encoding.js';
import { describeDelimiter, describeQuotes } from './findings.js';
import { findRecordEnd } from './record-end.js';
import { sampleRows } from './sample-rows.js';
import { type Scored, scoreSplit } from './score.js';
import { splitSample } from './split-sample.js';
import { findShape } from './table-shape.js';

/** What is looked at: the first bytes, and of these so many rows. */
export const DETECTION_BYTES = 64 * 1024;
const MOST_ROWS = 400;
/** A dialect that is less consistent than this is a guess: the plain one stands, unless it is far worse even so. */
const LEAST_SCORE = 0.2;
const FAR_WORSE = 2;
const NO_SCORE = 0.05;
/** The plain dialect wins when it is nearly as good as the best. */
const PLAIN_BIAS = 0.97;
/** On so much of the text, a candidate with this share of the best score has no chance. */
const FIRST_LOOK_CHARACTERS = 4 * 1024;
const FIRST_LOOK_LINES = 16;
const HOPELESS = 0.3;
/** Candidates whose quotes and escapes are looked at more closely. */
const FINALISTS = 2;

export interface DetectionOptions {
  /** Whether `head` is the whole text: only then a footer can be found. Default false. */
  complete?: boolean;
  /** Names that a header may hold: a candidate that finds them wins. */
  known_columns?: readonly string[];
}

export interface DetectedDialect {
  dialect: Dialect;
  /** 0..1: how far the best candidate is ahead, and how consistent its records are. */
  confidence: number;
  /** Sentences: what was found and why. */
  findings: string[];
  /** Fields of most records. */
  columns: number;
}

/**
 * Finds out how a CSV text is to be read. The same bytes always give the same answer; at most DETECTION_BYTES of them are looked at.
 * The plain dialect is the answer wherever it is as good as any other. `short_rows` and `long_rows` are its: what is dirty, no sample decides.
 * @param head the first bytes of the text, as they are stored or as UTF-8
 */
export function detectDialect(head: Buffer, options: DetectionOptions = {}): DetectedDialect {
  const complete = (options.complete ?? false) && head.length <= DETECTION_BYTES;
  const { encoding, confidence, finding } = detectEncoding(head, { complete });
  const ends = findRecordEnd(decodeText(head.subarray(0, DETECTION_BYTES), encoding));
  const text = complete ? ends.text : withoutCutLine(ends.text);
  const known = new Set((options.known_columns ?? []).map((name) => name.trim().toLowerCase()));
  const { best, runner_up } = bestCandidate(text, known);
  const { delimiter, quote, escape: escaped_by } = best.candidate;
  const splitting: Dialect = { ...PLAIN_DIALECT, delimiter, quote, escape: escaped_by };
  const all = sampleRows(text, splitting, MOST_ROWS);
  const comment = findComment(all, best.width);
  const rows = all.filter((row) => comment.prefix === null || !row.cells[0].startsWith(comment.prefix));
  const whole = complete && all.length < MOST_ROWS;
  const shape = findShape(rows, { width: best.width, known, complete: whole, comment: comment.prefix });
  return {
    dialect: {
      ...splitting,
      record_end: ends.record_end,
      comment: comment.prefix,
      encoding,
      preamble_lines: shape.preamble_lines,
      header_rows: shape.header_rows,
      footer_lines: shape.footer_lines,
    },
    confidence: confidence * sureness(best, runner_up),
    findings: [
      finding,
      ends.finding,
      describeDelimiter(best, runner_up),
      ...describeQuotes(best),
      ...comment.findings,
      ...shape.findings,
    ],
    columns: best.width,
  };
}

/** The last line may go on behind the sample. */
function withoutCutLine(text: string): string {
  const end = text.lastIndexOf('\n');
  return end > 0 ? text.slice(0, end + 1) : text;
}

function bestCandidate(text: string, known: ReadonlySet<string>): { best: Scored; runner_up: Scored | null } {
  const scoreOn = (sample: string) => (candidate: Candidate) =>
    scoreSplit(candidate, splitSample(sample, candidate, MOST_ROWS), known);
  const candidates = delimitersFor(text).flatMap(({ delimiter, prior }) =>
    [{ quote: '"', prior: 1 }, ...otherQuotesFor(text, delimiter)].map((item) => ({
      delimiter,
      quote: item.quote,
      escape: item.quote,
      prior: prior * item.prior,
    })),
  );
  const ranked = rank(promising(candidates, text, scoreOn).map(scoreOn(text)));
  const closer = ranked.slice(0, FINALISTS).flatMap((scored) => variantsOf(scored, text).map(scoreOn(text)));
  const all = rank([...ranked, ...closer]);
  const plain = all.find(({ candidate }) => isPlainSplitting(candidate)) as Scored;
  const best = isBetter(all[0], plain) ? all[0] : plain;
  const runner_up = all.find(({ candidate }) => candidate.delimiter !== best.candidate.delimiter) ?? null;
  return { best, runner_up };
}

/** The plain one, and those that are not hopeless on some lines in the middle, behind whatever stands before the table. */
function promising(
  candidates: Candidate[],
  text: string,
  scoreOn: (sample: string) => (candidate: Candidate) => Scored,
): Candidate[] {
  const first_look = linesFrom(text, text.indexOf('\n', text.length / 2) + 1);
  if (candidates.length < 2 || text.length < 2 * first_look.length) return candidates;
  const scored = candidates.map(scoreOn(first_look));
  const best = Math.max(...scored.map(({ score }) => score));
  return scored
    .filter(({ score, candidate }) => score >= HOPELESS * best || isPlainSplitting(candidate))
    .map(({ candidate }) => candidate);
}

function linesFrom(text: string, from: number): string {
  let end = from;
  for (let line = 0; line < FIRST_LOOK_LINES || end - from < FIRST_LOOK_CHARACTERS; line++) {
    end = text.indexOf('\n', end) + 1;
    if (end === 0) return text.slice(from);
  }
  return text.slice(from, end);
}

function isBetter(best: Scored, plain: Scored): boolean {
  if (plain.score >= PLAIN_BIAS * best.score || best.score < NO_SCORE) return false;
  return best.score >= LEAST_SCORE || best.score >= FAR_WORSE * plain.score;
}

/** Stable: of equal scores the more usual candidate, which comes first, stays first. */
function rank(scored: Scored[]): Scored[] {
  return [...scored].sort((a, b) => b.score - a.score);
}

function isPlainSplitting(candidate: Candidate): boolean {
  return (['delimiter', 'quote', 'escape'] as const).every((part) => candidate[part] === PLAIN_DIALECT[part]);
}

/** The same delimiter and quote with other escapes; and without quotes, where those that there are stand askew. */
function variantsOf({ candidate, split }: Scored, text: string): Candidate[] {
  const { quote } = candidate;
  if (quote === null) return [];
  const escapes = otherEscapesFor(text, quote).map((other) => ({
    ...candidate,
    escape: other.escape,
    prior: candidate.prior * other.prior,
  }));
  if (split.broken + split.stray <= split.proper) return escapes;
  return [...escapes, { ...candidate, quote: null, escape: null, prior: candidate.prior * 0.85 }];
}

function sureness(best: Scored, runner_up: Scored | null): number {
  if (best.score === 0) return 0;
  const ahead = runner_up === null ? 1 : best.score / (best.score + runner_up.score);
  const consistent = best.modal_rows / best.rows;
  return Math.round(100 * Math.min(1, 0.5 * ahead + 0.5 * consistent)) / 100;
}
