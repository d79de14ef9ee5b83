import type { DatasetPlan } from '@millrace/dataset';
import { tableName } from '../ensure-dataset.js';
import { GoldDeltas } from '../gold/deltas.js';
import { quote } from '../identifiers.js';
import type { BatchMessage, DuplicateRow, RejectedRow } from './messages.js';

/** One batch in a transaction, and what became of its rows. All count as written until a step finds otherwise. */
export interface BatchWork {
  message: BatchMessage;
  duplicates: number;
  rejected: number;
}

/** All fresh batches of one table in one transaction. */
export interface DatasetWork {
  plan: DatasetPlan;
  batches: BatchWork[];
  deltas: GoldDeltas;
  /** False when every row is to go the careful way, whatever its bit says. */
  direct: boolean;
  duplicates: DuplicateRow[];
  rejects: RejectedRow[];
  /** Rows written earlier that were replaced, as positions with the part they are in. */
  replaced: { source: number; record: number; part: number; parts: number }[];
  suspects: number;
  false_suspects: number;
}

/** Batches of two plans of one dataset may meet while a new plan comes in: they are written one plan after the other. */
export function groupByPlan(batches: BatchMessage[]): DatasetWork[] {
  const works = new Map<string, DatasetWork>();
  for (const message of batches) {
    const { plan } = message;
    let work = works.get(plan.fingerprint);
    if (!work) {
      work = {
        plan,
        batches: [],
        deltas: new GoldDeltas(plan),
        direct: true,
        duplicates: [],
        rejects: [],
        replaced: [],
        suspects: 0,
        false_suspects: 0,
      };
      works.set(plan.fingerprint, work);
    }
    work.batches.push({ message, duplicates: 0, rejected: 0 });
  }
  return [...works.values()];
}

/** Target of a COPY into the keyed table. */
export function copyTarget(plan: DatasetPlan, table = tableName(plan.table)): string {
  return `${table} (${plan.columns.map(({ name }) => quote(name)).join(', ')}, _source, _record)`;
}

export const isSuspect = (suspects: Uint8Array, row: number): boolean => (suspects[row >> 3] & (1 << (row & 7))) !== 0;
