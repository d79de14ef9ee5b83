import type { Database } from '@millrace/postgres';
import type { PlanReader, RegisteredPlan } from './plan-registry.js';

/** Changes with whatever `readPlans` gives, and costs next to nothing. */
const SIGNATURE = `select coalesce(md5(string_agg(d::text, ',' order by name, version)), '') as signature
  from (select name, version, fingerprint, active from millrace.datasets) as d`;

/** The registry in PostgreSQL, over a connection of its own that is opened with the first question. */
export class RegistryReader implements PlanReader {
  private db: Database | undefined;
  private signature: string | undefined;

  constructor(
    private readonly url: string,
    private readonly role: string,
  ) {}

  async read(): Promise<RegisteredPlan[] | undefined> {
    const { openDatabase, readPlans } = await import('@millrace/postgres/registry');
    this.db ??= await openDatabase(this.url, { role: this.role, max: 1 });
    const [{ signature }] = await this.db.query<{ signature: string }>(SIGNATURE);
    if (signature === this.signature) return undefined;
    const plans = await readPlans(this.db);
    this.signature = signature;
    return plans;
  }

  async close(): Promise<void> {
    await this.db?.close();
    this.db = undefined;
  }
}
