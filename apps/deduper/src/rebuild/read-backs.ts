import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { type Database, openDatabase } from '@millrace/postgres';
import type { Logger } from '@millrace/telemetry';
import { keyIdentity } from '../key-identity.js';
import { readBackEvents } from '../log-events.js';
import { keyRangeReader } from './key-range.js';
import { ReadBack } from './read-back.js';

const CLOSE_MS = 1000;

/** One `ReadBack` a dataset and key, on one database connection that is opened when first needed. */
export class ReadBacks {
  private readonly byDataset = new Map<string, ReadBack>();
  private database: Promise<Database> | undefined;

  constructor(
    private readonly database_url: string | undefined,
    private readonly logger: Logger,
  ) {}

  of(plan: DatasetPlan): ReadBack {
    const key = keyIdentity(plan);
    const existing = this.byDataset.get(key);
    if (existing) return existing;
    const readBack = new ReadBack(
      plan,
      keyRangeReader(() => this.open()),
      readBackEvents(this.logger),
    );
    this.byDataset.set(key, readBack);
    return readBack;
  }

  /** A statement that hangs does not keep the process. */
  async close(): Promise<void> {
    await Promise.race([this.closeAll(), delay(CLOSE_MS, undefined, { ref: false })]);
  }

  private async closeAll(): Promise<void> {
    await Promise.all([...this.byDataset.values()].map((readBack) => readBack.close()));
    await this.database?.then((database) => database.close()).catch(() => {});
  }

  private open(): Promise<Database> {
    this.database ??= this.connect().catch((error) => {
      this.database = undefined;
      throw error;
    });
    return this.database;
  }

  private async connect(): Promise<Database> {
    if (!this.database_url) throw new MillraceError('ENVIRONMENT_INVALID', 'DATABASE_URL is not set');
    return openDatabase(this.database_url, { role: 'deduper', max: 1 });
  }
}
