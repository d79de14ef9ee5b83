import type { DatasetPlan } from '@millrace/dataset';
import { GoldDeltas } from '../gold/deltas.js';
import { quote, tableName } from '../identifiers.js';
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
  /** Of the plan, as it is registered: what `_version` says. */
  version: number;
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

/**
 * Batches of two plans of one dataset may meet while a new plan comes in: they are written one plan after the other.
 * @param versions by `versionKey`
 */
export function groupByPlan(batches: BatchMessage[], versions: ReadonlyMap<string, number>): DatasetWork[] {
  const works = new Map<string, DatasetWork>();
  for (const message of batches) {
    const { plan } = message;
    const key = versionKey(plan);
    let work = works.get(key);
    if (!work) {
      work = {
        plan,
        version: versions.get(key)!,
        batches: [],
        deltas: new GoldDeltas(plan),
        direct: true,
        duplicates: [],
        rejects: [],
        replaced: [],
        suspects: 0,
        false_suspects: 0,
      };
      works.set(key, work);
    }
    work.batches.push({ message, duplicates: 0, rejected: 0 });
  }
  return [...works.values()];
}

export const versionKey = ({ name, fingerprint }: Pick<DatasetPlan, 'name' | 'fingerprint'>): string =>
  `${name}/${fingerprint}`;

/** Target of a COPY into the keyed table. */
export function copyTarget(plan: DatasetPlan, table = tableName(plan.table)): string {
  return `${table} (${plan.columns.map(({ name }) => quote(name)).join(', ')}, _source, _record, _version)`;
}

export const isSuspect = (suspects: Uint8Array, row: number): boolean => (suspects[row >> 3] & (1 << (row & 7))) !== 0;
