import { type DatasetPlan, planOf } from '@millrace/dataset';
import {
  type ApplyMessage,
  createApplier,
  type Database,
  digest,
  ensureDataset,
  migrate,
  openDatabase,
  quote,
} from '@millrace/postgres';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { fillSql } from '../../libs/postgres/src/dataset/gold-tables.js';
import { goldTable } from '../../libs/postgres/src/gold/gold-table.js';
import { batchesOf, type Row } from './dataset-batches.js';

export interface Chunk {
  source: number;
  chunk: number;
  rows: Row[];
}

/** A database of its own, in which a test makes datasets of any kind and applies batches to them by hand. */
export class DatasetFixture {
  private constructor(
    readonly url: string,
    readonly db: Database,
  ) {}

  static async create(prefix: string): Promise<DatasetFixture> {
    const url = await createDatabase(process.env.DATABASE_URL!, prefix);
    await migrate(url);
    return new DatasetFixture(url, await openDatabase(url, { role: 'aggregator-1', max: 4 }));
  }

  async drop(): Promise<void> {
    await this.db.close();
    await dropDatabase(this.url);
  }

  async make(config: object): Promise<DatasetPlan> {
    const plan = planOf(config);
    await ensureDataset(this.db, plan);
    return plan;
  }

  /** As if nothing had ever been applied. */
  async clear(plan: DatasetPlan): Promise<void> {
    const tables = [plan.table, ...plan.gold.map(({ table }) => table)].map(quote);
    await this.db.query(
      `truncate ${tables.join(', ')}, millrace.sources, millrace.chunks, millrace.ledger, millrace.manifests, millrace.ranges,
         millrace.rejects, millrace.duplicates, millrace.set_aside, millrace.offsets`,
    );
  }

  /** @param sizes of transactions, one after the other; the last one holds for all others */
  async apply(messages: ApplyMessage[], sizes: number[] = [1000]): Promise<void> {
    const applier = createApplier(this.db);
    const next = new Map<string, bigint>();
    const ordered = messages.map((message) => {
      const key = `${message.topic}/${message.partition}`;
      const offset = next.get(key) ?? 0n;
      next.set(key, offset + 1n);
      return { ...message, offset };
    });
    for (let at = 0, index = 0; at < ordered.length; index++) {
      const size = sizes[Math.min(index, sizes.length - 1)];
      await applier.apply(ordered.slice(at, at + size));
      at += size;
    }
  }

  /** All at once, everything suspect. */
  async applyRows(plan: DatasetPlan, rows: Row[], source = 1, chunk = 0): Promise<void> {
    await this.apply(batchesOf(plan, rows, { source, chunk }));
  }

  /** Registers sources and chunks, with a manifest each, as ingestor and cleaner would. */
  async register(plan: DatasetPlan, chunks: Chunk[]): Promise<void> {
    for (const { source, chunk, rows } of chunks) {
      await this.db.query(
        `insert into millrace.sources (id, dataset, path, state) values ($1, $2, format('/in/%s.csv', $1::int), 'cut')
         on conflict do nothing`,
        [source, plan.name],
      );
      await this.db.query(
        `insert into millrace.chunks (source, chunk, fingerprint, byte_start, byte_end, first_record, records, published_at)
         values ($1, $2, $3, $4, $5, $4, $6, now())`,
        [source, chunk, plan.fingerprint, rows[0].record, rows[rows.length - 1].record + 1, rows.length],
      );
      const slots = batchesOf(plan, rows, { source, chunk }).map(({ batch }) => batch.slot);
      await this.db.query(
        `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots) values ($1, $2, $3, 0, 0, $4)`,
        [source, chunk, rows.length, slots],
      );
    }
  }

  /** The digest, and the ledger row by row: what must not depend on any order. */
  async state(plan: DatasetPlan): Promise<unknown> {
    const ledger = await this.db.query('select * from millrace.ledger order by source, chunk, slot');
    return { digest: await digest(this.db, plan), ledger };
  }

  /** Rows in which gold differs from what the keyed table gives. */
  async goldDifferences(plan: DatasetPlan): Promise<unknown[]> {
    const differences: unknown[] = [];
    for (const gold of plan.gold) {
      const table = goldTable(plan, gold);
      const columns = [...table.dimensions, ...table.stored].map(({ name }) => quote(name)).join(', ');
      const select = fillSql(plan, table).replace(/^insert into [^(]*\(.*?\)\s*select/s, 'select');
      const is = `select ${columns} from ${quote(gold.table)}`;
      const rows = await this.db.query(`((${is}) except (${select})) union all ((${select}) except (${is}))`);
      differences.push(...rows.map((row) => ({ table: gold.table, ...row })));
    }
    return differences;
  }
}
