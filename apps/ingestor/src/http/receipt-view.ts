import type { Receipt } from '@millrace/postgres';

/** The row that a duplicate lost against: of a file its path and record (from 1), of an inbox the message and the row in it. */
export type WinnerView =
  | { file: string; record: number }
  | { topic: string; partition: number; offset: number; row: number };

/** What became of a request's rows; rows count from 0, as they stand in the request. Lists end at 1000, totals do not. */
export interface OutcomeView {
  status: 'applied';
  rows: number;
  written: number;
  duplicates: { total: number; rows: { row: number; key: string; duplicate_of: WinnerView | null }[] };
  rejected: { total: number; rows: { row: number; reason: string; column: string | null; value: string | null }[] };
  failed: number;
}

export function viewOutcome(receipt: Receipt): OutcomeView {
  const { rows, written, failed, duplicates, duplicates_total, rejected, rejected_total } = receipt;
  return {
    status: 'applied',
    rows,
    written,
    duplicates: {
      total: duplicates_total,
      rows: duplicates.map(({ row, key, duplicate_of }) => ({ row, key, duplicate_of: viewWinner(duplicate_of) })),
    },
    rejected: {
      total: rejected_total,
      rows: rejected.map(({ row, code, column, value }) => ({ row, reason: code, column, value })),
    },
    failed,
  };
}

function viewWinner(winner: Receipt['duplicates'][number]['duplicate_of']): WinnerView | null {
  if (winner === null) return null;
  const { path, record, topic, partition, offset, row } = winner;
  if (topic === undefined || partition === undefined || offset === undefined || row === undefined) {
    return { file: path, record };
  }
  // Below 2^53 for as long as there will be this broker.
  return { topic, partition, offset: Number(offset), row };
}
