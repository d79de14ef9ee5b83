import { MillraceError } from '@millrace/contracts';
import {
  type Applier,
  type ApplierEvents,
  createApplier,
  type Database,
  effectivePlan,
  ensureDataset,
  openDatabase,
  readPlans,
  waitForDatabase,
} from '@millrace/postgres';
import type { Plans, ServiceEnvironment } from '@millrace/stage';

/** A database that is not there by then ends the process; its supervisor starts it again. */
const WAIT_MS = 60_000;
/** One connection applies, one watches over it, one answers for the readiness. */
const CONNECTIONS = 3;

/** PostgreSQL as this service needs it: opened at the first use, with the datasets' tables in place. */
export class Sink {
  /** Resolves at the first use. */
  readonly opened: Promise<void>;
  private readonly hasOpened: () => void;
  private opening: Promise<Applier> | undefined;
  private db: Database | undefined;

  constructor(
    private readonly environment: Pick<ServiceEnvironment, 'DATABASE_URL' | 'MILLRACE_INSTANCE'>,
    private readonly plans: Plans,
    private readonly events: ApplierEvents,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    this.hasOpened = resolve;
  }

  applier(): Promise<Applier> {
    this.opening ??= this.open();
    return this.opening;
  }

  /** @throws MillraceError POSTGRES_UNREACHABLE */
  async isReachable(): Promise<boolean> {
    await this.db?.query('select 1');
    return this.db !== undefined;
  }

  async close(): Promise<void> {
    await this.db?.close();
  }

  private async open(): Promise<Applier> {
    const { DATABASE_URL, MILLRACE_INSTANCE: instance } = this.environment;
    if (!DATABASE_URL) throw new MillraceError('ENVIRONMENT_INVALID', 'DATABASE_URL is not set');
    await waitForDatabase(DATABASE_URL, WAIT_MS);
    // A successor tells by this name whose sessions it may end, whatever the instance is called.
    const role = instance.startsWith('aggregator') ? instance : `aggregator ${instance}`;
    this.db = await openDatabase(DATABASE_URL, { role, max: CONNECTIONS });
    await this.ensureTables(this.db);
    this.hasOpened();
    return createApplier(this.db, this.events);
  }

  /**
   * Tables are there before anything is cut for them, but not where all of them were dropped, and a config may come with this
   * process. One that has to wait for work under the former one is left to whoever began with it: it is registered later.
   */
  private async ensureTables(db: Database): Promise<void> {
    const registered = await readPlans(db);
    const known = new Set(registered.map(({ fingerprint }) => fingerprint));
    const current = new Map(registered.map(({ name, fingerprint }) => [name, fingerprint]));
    for (const plan of this.plans.values()) {
      const isOlder = known.has(plan.fingerprint) && current.get(plan.name) !== plan.fingerprint;
      if (isOlder) continue;
      const effective = known.has(plan.fingerprint) ? plan : await effectivePlan(db, plan);
      try {
        await ensureDataset(db, effective);
      } catch (error) {
        if (!(error instanceof MillraceError && error.code === 'PLAN_BUSY')) throw error;
      }
    }
  }
}
