import type { Columns } from '@millrace/columnar';
import type { Batch, Manifest, SetAside } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';

/** Where a message was read. */
export interface Located {
  topic: string;
  partition: number;
  offset: bigint;
  dataset: string;
}

/** A screened batch, decoded and found to obey the contract: its part is its partition, its columns are the plan's. */
export interface BatchMessage extends Located {
  kind: 'batch';
  plan: DatasetPlan;
  batch: Pick<Batch, 'source' | 'chunk' | 'slot' | 'parts' | 'rows' | 'first_record'>;
  data: Columns;
  /** One bit a row, 1 = suspect, lowest bit first. */
  suspects: Uint8Array;
  /** When the oldest of its data came, epoch milliseconds; absent where nobody said. */
  arrived_ms?: number | undefined;
}

export interface ManifestMessage extends Located {
  kind: 'manifest';
  manifest: Manifest;
}

/** A set-aside of an earlier stage, or what this stage itself could not take (`set_aside.stage` = aggregator). */
export interface SetAsideMessage extends Located {
  kind: 'set_aside';
  set_aside: SetAside;
  /** Rows that failed with it, as far as they are known; at least 1 is counted. */
  rows: number;
}

export type ApplyMessage = BatchMessage | ManifestMessage | SetAsideMessage;

/** A row that was rejected: what `millrace.rejects` holds. */
export interface RejectedRow {
  source: number;
  record: number;
  dataset: string;
  column: string | null;
  code: string;
  value: string | null;
  raw: Buffer | null;
}

/** A row that lost against another with its key. */
export interface DuplicateRow {
  source: number;
  record: number;
  dataset: string;
  key: string;
}

/** What one transaction did; `apply` gives the sum over its transactions. */
export interface ApplyCounts {
  /** Rows of batches that were new to the ledger = written + duplicates + rejected (by their first outcome). */
  rows: number;
  written: number;
  duplicates: number;
  /** Rejects of manifests, and rows that PostgreSQL cannot hold. */
  rejected: number;
  /** Rows written earlier that a lower position replaced: they became duplicates. */
  replaced: number;
  suspects: number;
  /** Suspects that turned out new. */
  false_suspects: number;
  set_aside: number;
  /** Messages that the ledger had already. */
  redelivered: number;
  /** Times that the direct path met a key that was there already. */
  direct_conflicts: number;
}

export function noCounts(): ApplyCounts {
  return {
    rows: 0,
    written: 0,
    duplicates: 0,
    rejected: 0,
    replaced: 0,
    suspects: 0,
    false_suspects: 0,
    set_aside: 0,
    redelivered: 0,
    direct_conflicts: 0,
  };
}
