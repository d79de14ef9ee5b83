import { setTimeout as sleep } from 'node:timers/promises';
import { RowEncoder } from '../copy/row-encoder.js';
import type { Database, PostgresDatabase } from '../database.js';
import { isConflict, isConnectionLost, toMillraceError } from '../errors.js';
import { type Applied, applyOnce } from './apply.js';
import { type EndedOwner, endStoppedOwners } from './end-stopped-owners.js';
import { partitionKey } from './lock-offsets.js';
import type { ApplyCounts, ApplyMessage, BatchMessage } from './messages.js';
import type { DatasetOutcomes } from './outcomes.js';

/** Times that one transaction is run again after a conflict or a lost connection, about 13 s in all. */
const ATTEMPTS = 8;
/** Transactions of a dataset that go without the direct path after it met a key that was there already. */
const DIRECT_PAUSE = 8;

/** What happened that an operator should know of. */
export interface ApplierEvents {
  retrying?(error: unknown, attempt: number): void;
  ownerEnded?(owner: EndedOwner): void;
  gap?(gap: Applied['gaps'][number]): void;
  recreated?(offset: Applied['offsets'][number]): void;
  /** How good the deduper's hints were; told only of transactions that went by them. */
  suspects?(dataset: string, suspects: number, false_suspects: number): void;
  /** What a transaction that has committed did, once for each dataset in it. */
  outcomes?(outcomes: DatasetOutcomes): void;
}

/** What one `apply` did. */
export interface ApplyResult extends ApplyCounts {
  /** Batches that were applied now: without those that the ledger had already. */
  batches: BatchMessage[];
}

/** Applies messages to PostgreSQL, one transaction a call. Calls must not overlap. */
export class Applier {
  private readonly expected = new Map<string, bigint>();
  private readonly pauses = new Map<string, number>();
  private readonly encoder = new RowEncoder();

  constructor(
    private readonly db: PostgresDatabase,
    private readonly events: ApplierEvents = {},
  ) {}

  /** Where to read a partition from, as PostgreSQL knows it; undefined when nothing of it was ever applied. */
  async nextOffset(topic: string, partition: number): Promise<bigint | undefined> {
    const [row] = await this.db.query<{ next_offset: string }>(
      'select next_offset::text from millrace.offsets where topic = $1 and partition = $2',
      [topic, partition],
    );
    if (row) this.expected.set(partitionKey({ topic, partition }), BigInt(row.next_offset));
    return row && BigInt(row.next_offset);
  }

  /**
   * Applies all messages in one transaction; returns once it has committed. Repeated messages change nothing.
   * @throws MillraceError POSTGRES_UNREACHABLE after several attempts, DISK_FULL, OFFSET_FENCED; anything else is a fault of ours
   */
  async apply(messages: ApplyMessage[]): Promise<ApplyResult> {
    if (messages.length === 0) throw new RangeError('nothing to apply');
    for (let attempt = 1; ; attempt++) {
      try {
        const applied = await this.db.withClient((client) => this.run(client, messages));
        this.settle(applied);
        return { ...applied.counts, batches: applied.batches };
      } catch (error) {
        if (attempt === ATTEMPTS || !(isConflict(error) || isConnectionLost(error))) throw toMillraceError(error);
        this.events.retrying?.(error, attempt);
        // A deadlock's other side needs the locks first; a restarting server needs seconds.
        await sleep(isConflict(error) ? 20 * attempt : 100 * 2 ** (attempt - 1));
      }
    }
  }

  private async run(client: Parameters<typeof applyOnce>[0], messages: ApplyMessage[]): Promise<Applied> {
    const pid = (client as unknown as { processID: number }).processID;
    const stopWatch = endStoppedOwners(this.db, pid, (owner) => this.events.ownerEnded?.(owner));
    try {
      return await applyOnce(client, messages, {
        expected: this.expected,
        tryDirect: (dataset) => (this.pauses.get(dataset) ?? 0) === 0,
        encoder: this.encoder,
      });
    } catch (error) {
      if (!isConnectionLost(error)) await client.query('rollback').catch(() => {});
      throw error;
    } finally {
      stopWatch();
    }
  }

  private settle({ offsets, gaps, conflicts, suspects, outcomes }: Applied): void {
    for (const gap of gaps) this.events.gap?.(gap);
    for (const offset of offsets) {
      this.expected.set(partitionKey(offset), offset.next_offset);
      if (offset.recreated) this.events.recreated?.(offset);
    }
    for (const { dataset, rows, false_rows } of suspects) this.events.suspects?.(dataset, rows, false_rows);
    for (const one of outcomes) this.events.outcomes?.(one);
    for (const [dataset, left] of this.pauses) if (left > 0) this.pauses.set(dataset, left - 1);
    for (const dataset of conflicts) this.pauses.set(dataset, DIRECT_PAUSE);
  }
}

/** @param db of `openDatabase` with at least 2 connections: one applies, one watches */
export function createApplier(db: Database, events: ApplierEvents = {}): Applier {
  return new Applier(db as PostgresDatabase, events);
}
