import type { TopicSpec } from '@millrace/contracts';
import type { KafkaClient } from '@millrace/kafka';
import type { Logger, ReadinessChecks } from '@millrace/telemetry';
import type { PlanRegistry } from './plan-registry.js';
import { type ServerName, setServerUp } from './server-up.js';
import { mayPass, NotYet, waitFor } from './wait-for.js';

export interface AwaitedServers {
  kafka: Pick<KafkaClient, 'clusterId' | 'committed' | 'ensureTopics'>;
  /** The consumer group of the service. */
  group: string;
  registry: Pick<PlanRegistry, 'refresh'>;
  /** undefined: there is no PostgreSQL. */
  database_url: string | undefined;
  /** Whether the service can begin without it, and take it in when it comes. */
  canDoWithoutDatabase: boolean;
  /** The connection's name at the server. */
  role: string;
  checks: Pick<ReadinessChecks, 'register'>;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Told when a server answers and refuses us. */
  onRefusal(): void;
  /** Aborted when the service ends. */
  signal: AbortSignal;
}

/** What a service needs before it can begin: each is a check of /health/ready, with what is missing as its reason. */
export class ServerWait {
  private readonly missing = new Map<string, string | undefined>();

  constructor(private readonly parts: AwaitedServers) {
    this.watch('kafka');
    setServerUp('kafka', false);
    if (!parts.database_url) return;
    for (const check of ['postgres', 'migrations']) this.watch(check);
    setServerUp('postgres', false);
  }

  /**
   * Resolves when Kafka answers and PostgreSQL has the schema that this program needs, and the plans are those of the registry.
   * @throws the signal's reason; MillraceError CONFIG_INVALID, ENVIRONMENT_INVALID
   */
  async untilThere(): Promise<void> {
    const { kafka, group } = this.parts;
    const answers = async () => {
      await kafka.clusterId();
      // A new broker makes its groups at the first question for one: who joins sooner fails.
      await kafka.committed(group, []);
    };
    await Promise.all([this.until('Kafka', 'kafka', 'kafka', answers), this.untilMigrated()]);
  }

  /** @throws as `untilThere`; MillraceError CONFIG_INVALID for a topic with another number of partitions */
  async untilTopics(topics: TopicSpec[]): Promise<void> {
    await this.until('Kafka', 'kafka', 'kafka', () => this.parts.kafka.ensureTopics(topics));
  }

  private async untilMigrated(): Promise<void> {
    const { database_url, canDoWithoutDatabase, role, registry } = this.parts;
    if (!database_url) return;
    const { openDatabase, pendingMigrations } = await import('@millrace/postgres/registry');
    const open = () => openDatabase(database_url, { role: `${role} start`, max: 1 });
    const db = canDoWithoutDatabase
      ? await this.once(open)
      : await this.until('PostgreSQL', 'postgres', 'postgres', open);
    if (!db) return;
    try {
      await this.until('migrations', 'migrations', 'postgres', async () => {
        const pending = await pendingMigrations(db);
        if (pending.length > 0) throw new NotYet(`the database lacks ${pending.join(', ')}: run \`millrace migrate\``);
      });
      await this.until('PostgreSQL', 'postgres', 'postgres', async () => {
        if (!(await registry.refresh())) throw new NotYet('the registry of datasets cannot be read');
      });
    } finally {
      await db.close();
    }
  }

  /** @returns undefined when it is not there: the service goes on without */
  private async once<T>(open: () => Promise<T>): Promise<T | undefined> {
    try {
      const opened = await open();
      this.missing.set('postgres', undefined);
      setServerUp('postgres', true);
      return opened;
    } catch (error) {
      if (!mayPass(error)) throw error;
      this.parts.log.warn({ reason: (error as Error).message }, 'begins without PostgreSQL');
      for (const check of ['postgres', 'migrations']) this.missing.set(check, undefined);
      return undefined;
    }
  }

  private watch(check: string): void {
    this.missing.set(check, 'not asked yet');
    this.parts.checks.register(check, () => {
      const missing = this.missing.get(check);
      if (missing !== undefined) throw new Error(missing);
      return true;
    });
  }

  private until<T>(what: string, check: string, server: ServerName, attempt: () => Promise<T>): Promise<T> {
    const { signal, log, onRefusal } = this.parts;
    const onAttempt = (missing: string | undefined, answered: boolean) => {
      this.missing.set(check, missing);
      setServerUp(server, answered);
    };
    return waitFor(what, attempt, { signal, log, onAttempt, onRefusal });
  }
}
