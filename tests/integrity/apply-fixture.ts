import {
  type Applier,
  type ApplierEvents,
  type ApplyMessage,
  createApplier,
  type Database,
  digest,
  ensureDataset,
  migrate,
  openDatabase,
} from '@millrace/postgres';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { type BatchSpec, batchOf, partOfKey, type SalesRow, sales } from './sales-batches.js';

/** A database of its own with the sales dataset in it, and what a test needs to apply batches by hand. */
export class ApplyFixture {
  private readonly opened: Database[] = [];

  private constructor(
    readonly url: string,
    readonly db: Database,
  ) {}

  static async create(): Promise<ApplyFixture> {
    const url = await createDatabase(process.env.DATABASE_URL!, 'apply');
    await migrate(url);
    return ApplyFixture.open(url);
  }

  /** On a database that was migrated before, as the user of the URL. */
  static async open(url: string): Promise<ApplyFixture> {
    const db = await openDatabase(url, { role: 'aggregator-1', max: 4 });
    await ensureDataset(db, sales);
    return new ApplyFixture(url, db);
  }

  async drop(): Promise<void> {
    await Promise.all([this.db, ...this.opened].map((db) => db.close()));
    await dropDatabase(this.url);
  }

  async clear(): Promise<void> {
    await this.db.query(
      `truncate sales, sales_by_month_region_category, sales_by_product, sales_daily, millrace.sources, millrace.chunks,
         millrace.ledger, millrace.manifests, millrace.rejects, millrace.duplicates, millrace.set_aside, millrace.offsets,
         millrace.ranges, millrace.leases, millrace.requests`,
    );
  }

  applier(events: ApplierEvents = {}): Applier {
    return createApplier(this.db, events);
  }

  async connect(role: string): Promise<Database> {
    const db = await openDatabase(this.url, { role, max: 2 });
    this.opened.push(db);
    return db;
  }

  /** Everything that must not depend on order: the dataset's digest, and the ledger row by row. */
  async state(): Promise<unknown> {
    const ledger = await this.db.query('select * from millrace.ledger order by source, chunk, slot');
    return { digest: await digest(this.db, sales), ledger };
  }

  /**
   * Registers sources and chunks as the ingestor would, so that the books have something to balance: as files, or as the
   * partitions of an inbox. The positions of a chunk are its record numbers, up to where the next one begins.
   */
  async register(chunks: Map<string, SalesRow[]>, kind: 'file' | 'inbox' = 'file'): Promise<void> {
    for (const [key, rows] of chunks) {
      const [source, chunk] = key.split('/').map(Number);
      const end = chunks.get(`${source}/${chunk + 1}`)?.[0].record ?? rows[rows.length - 1].record + 1;
      await (kind === 'file' ? this.registerFile(source) : this.registerPartition(source, end));
      await this.db.query(
        `insert into millrace.chunks (source, chunk, fingerprint, byte_start, byte_end, first_record, records, content_hash,
           published_at)
         values ($1, $2, $3, $4, $5, $4, $6, sha256(convert_to($7, 'UTF8')), now())`,
        [source, chunk, sales.fingerprint, rows[0].record, end, rows.length, key],
      );
    }
  }

  private registerFile(source: number) {
    return this.db.query(
      `insert into millrace.sources (id, dataset, path, state) values ($1, 'sales', $2, 'cut') on conflict do nothing`,
      [source, `/in/part_${source}.csv`],
    );
  }

  private registerPartition(source: number, next_record: number) {
    return this.db.query(
      `insert into millrace.sources (id, dataset, kind, path, state, topic, partition, cluster_id, topic_id, base_offset, next_record)
       values ($1, 'sales', 'inbox', format('inbox.sales[%s]', $1::int), 'live', 'inbox.sales', $1, 'c', 't', 0, $2)
       on conflict (id) do update set next_record = greatest(sources.next_record, excluded.next_record)`,
      [source, next_record],
    );
  }
}

/** Gives messages ascending offsets by partition, in the order in which they are applied. */
export function inOrder<M extends ApplyMessage>(messages: M[]): M[] {
  const next = new Map<string, bigint>();
  return messages.map((message) => {
    const key = `${message.topic}/${message.partition}`;
    const offset = next.get(key) ?? 0n;
    next.set(key, offset + 1n);
    return { ...message, offset };
  });
}

/** The batches and the manifest that a cleaner makes of chunks, by part. */
export function messagesOf(chunks: Map<string, SalesRow[]>, suspects: BatchSpec['suspects']): ApplyMessage[] {
  const messages: ApplyMessage[] = [];
  for (const [key, rows] of chunks) {
    const [source, chunk] = key.split('/').map(Number);
    const parts = new Map<number, SalesRow[]>();
    for (const row of rows) {
      const part = partOfKey(row.order_id);
      parts.set(part, [...(parts.get(part) ?? []), row]);
    }
    for (const [part, rows] of parts) messages.push(batchOf({ source, chunk, part, rows, offset: 0, suspects }));
    messages.push({
      kind: 'manifest',
      topic: 'rejects.sales',
      partition: (source + chunk) % 4,
      offset: 0n,
      dataset: 'sales',
      manifest: {
        source,
        chunk,
        plan: sales.fingerprint,
        records: rows.length,
        skipped: 0,
        slots: [...parts.keys()].sort((a, b) => a - b),
        rejects: [],
      },
    });
  }
  return messages;
}
