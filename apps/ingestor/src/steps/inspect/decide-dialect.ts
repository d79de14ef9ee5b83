import { type Dialect, isPlain, MillraceError, PLAIN_DIALECT } from '@millrace/contracts';
import { detectDialect, parseHeader, readHeader } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';
import { knownNames, namesAnyColumn } from './known-names.js';
import type { Head } from './read-head.js';

export interface DecidedDialect {
  dialect: Dialect;
  /** What was detected; empty where nothing was. */
  findings: string[];
}

/**
 * How a CSV source is to be read: as configured; where that is left to detection, as plain CSV if that finds columns of the
 * dataset, else as the head looks.
 * @param head the content as it is encoded @param sealed whether it is all that there will be
 * @returns null when that cannot be told before the source is sealed
 */
export async function decideDialect(plan: DatasetPlan, head: Head, sealed: boolean): Promise<DecidedDialect | null> {
  const { dialect: wanted } = plan.source;
  if (typeof wanted === 'object') return { dialect: wanted, findings: [] };
  if (wanted === 'plain') return { dialect: PLAIN_DIALECT, findings: [] };
  const names = await plainNames(head, sealed);
  if (names && namesAnyColumn(plan, names)) return { dialect: PLAIN_DIALECT, findings: [] };
  // What is still being written shows too little of itself.
  if (!sealed) return null;
  const { dialect, findings, columns } = detectDialect(head.bytes, {
    complete: head.complete,
    known_columns: knownNames(plan),
  });
  const detected = withHeader(dialect, columns === plan.source_columns.length);
  return isPlain(detected) ? { dialect: PLAIN_DIALECT, findings: [] } : { dialect: detected, findings };
}

/** Records without a header are only taken by their order when they have as many fields as the dataset has columns. */
function withHeader(dialect: Dialect, fits: boolean): Dialect {
  return dialect.header_rows === 0 && !fits ? { ...dialect, header_rows: 1 } : dialect;
}

/** Null when there is no header as plain CSV has it. */
async function plainNames({ bytes, complete }: Head, sealed: boolean): Promise<string[] | null> {
  const read = async (position: number, into: Uint8Array) => bytes.copy(into, 0, position, position + into.length);
  try {
    const found = await readHeader(read, bytes.length, { sealed: sealed && complete });
    return found && parseHeader(found.header);
  } catch (error) {
    if (error instanceof MillraceError && ['HEADER_TOO_LONG', 'SOURCE_UNREADABLE'].includes(error.code)) return null;
    throw error;
  }
}
