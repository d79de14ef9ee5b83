import { ALL_DATASETS } from '@millrace/contracts';
import type { Database } from '@millrace/postgres';
import type { Logger } from '@millrace/telemetry';
import { HttpProblem } from '../problem.js';
import { Quota, type Rates } from './quota.js';

/** How long a new key, or a revocation, takes to be known. */
const READ_MS = 1000;
const USE_TOLD_MS = 60_000;

/** An unrevoked key, as it stands in memory. */
export interface KnownKey extends Rates {
  id: string;
  hash: Buffer;
  datasets: readonly string[];
  quota: Quota;
  /** By the monotonic clock; null: never. */
  expires_at: number | null;
  used: boolean;
  /** When its use was last written down, by the monotonic clock. */
  told_at: number;
}

interface KeyRow extends Rates {
  id: string;
  hash: Buffer;
  datasets: string[];
  /** By PostgreSQL's clock, so that those of the ingestors need not agree. */
  remaining_ms: number | null;
}

/** The unrevoked keys, expired ones among them, read anew every second: nothing has to be started again for a change. */
export class KeyRing {
  private known = new Map<string, KnownKey>();
  private read_at = Number.NEGATIVE_INFINITY;
  private readonly failing = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> | undefined;
  private stopped = false;

  /** @param stale_ms how long the keys last read go on when PostgreSQL is away */
  constructor(
    private readonly db: Pick<Database, 'query'>,
    private readonly log: Pick<Logger, 'warn' | 'info'>,
    private readonly stale_ms: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Resolves once the keys are known. @throws MillraceError POSTGRES_UNREACHABLE */
  async open(): Promise<void> {
    await this.read();
    this.schedule();
  }

  /** By id. @throws HttpProblem POSTGRES_UNREACHABLE when they were read too long ago: one may be revoked since */
  get keys(): ReadonlyMap<string, KnownKey> {
    if (this.now() - this.read_at <= this.stale_ms) return this.known;
    throw new HttpProblem(
      'POSTGRES_UNREACHABLE',
      'Which API keys are valid cannot be told now: nothing was taken. Repeat the request later.',
      { headers: { 'retry-after': '5' } },
    );
  }

  isExpired({ expires_at }: KnownKey): boolean {
    return expires_at !== null && this.now() >= expires_at;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.polling;
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.polling = this.poll().finally(() => this.schedule());
    }, READ_MS);
    this.timer.unref();
  }

  private async poll(): Promise<void> {
    if (await this.succeeds('read the API keys', () => this.read())) {
      await this.succeeds('note the use of API keys', () => this.tellUse());
    }
  }

  /** The log has the first failure and the first success after it, not one each second. */
  private async succeeds(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      if (this.failing.delete(what)) this.log.info(`can ${what} again`);
      return true;
    } catch (error) {
      if (!this.failing.has(what)) this.log.warn({ err: error }, `cannot ${what}`);
      this.failing.add(what);
      return false;
    }
  }

  private async read(): Promise<void> {
    // What is read may be as old as the question.
    const asked_at = this.now();
    const rows = await this.db.query<KeyRow>(
      `select id, hash, datasets, rows_per_second, bytes_per_second,
         (extract(epoch from expires_at - now()) * 1000)::float8 as remaining_ms
       from millrace.api_keys where revoked_at is null`,
    );
    this.known = new Map(rows.map((row) => [row.id, this.keyOf(row, asked_at)]));
    this.read_at = asked_at;
  }

  /** What a key has used up stays used up, for as long as its rates stay as they are. */
  private keyOf({ remaining_ms, ...row }: KeyRow, asked_at: number): KnownKey {
    const last = this.known.get(row.id);
    const isSame = last?.rows_per_second === row.rows_per_second && last.bytes_per_second === row.bytes_per_second;
    return {
      ...row,
      quota: isSame ? last.quota : new Quota(row, this.now),
      expires_at: remaining_ms === null ? null : asked_at + remaining_ms,
      used: last?.used ?? false,
      told_at: last?.told_at ?? Number.NEGATIVE_INFINITY,
    };
  }

  /** At most once a minute for each key, however many ingestors there are. */
  private async tellUse(): Promise<void> {
    const now = this.now();
    const used = [...this.known.values()].filter((key) => key.used && now - key.told_at >= USE_TOLD_MS);
    if (used.length === 0) return;
    await this.db.query(
      `update millrace.api_keys set last_used_at = now()
       where id = any($1) and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
      [used.map(({ id }) => id)],
    );
    for (const key of used) Object.assign(key, { used: false, told_at: now });
  }
}

export const covers = ({ datasets }: Pick<KnownKey, 'datasets'>, dataset: string): boolean =>
  datasets.includes(ALL_DATASETS) || datasets.includes(dataset);
