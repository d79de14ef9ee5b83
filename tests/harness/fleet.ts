import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topicsOf } from '@millrace/contracts';
import { type DatasetPlan, loadPlans } from '@millrace/dataset';
import { type Embedded, startEmbedded } from '@millrace/embedded';
import { connectKafka, type KafkaClient } from '@millrace/kafka';
import { type Database, ensureDataset, migrate, openDatabase } from '@millrace/postgres';
import { type ServiceName, ServiceProcess } from './service-process.js';
import { Supervised } from './supervised.js';

const CONFIG = `
name: orders
table: orders
key: id
parts: 4
columns:
  - { name: id, type: text, required: true }
  - { name: amount, type: integer, required: true, on_invalid: reject }
  - { name: region, type: text, default: north, dimension: true }
gold:
  - { table: orders_by_region, dimensions: [region], measures: { orders: count, total: sum(amount) } }
`;

/** Servers of its own, and services that a test starts and stops one by one, each as it is deployed. */
export class Fleet {
  private readonly processes: ServiceProcess[] = [];
  private readonly supervised: Supervised[] = [];

  private constructor(
    readonly home: string,
    private readonly servers: Embedded,
    readonly plan: DatasetPlan,
    readonly kafka: KafkaClient,
    readonly database: Database,
  ) {}

  static async start(): Promise<Fleet> {
    const home = mkdtempSync(join(tmpdir(), 'millrace-fleet-'));
    mkdirSync(join(home, 'datasets'));
    writeFileSync(join(home, 'datasets/orders.yaml'), CONFIG);
    const [plan] = loadPlans(join(home, 'datasets')).values();
    const servers = await startEmbedded(home);
    const { database_url, kafka_brokers } = servers;
    await migrate(database_url);
    const database = await openDatabase(database_url, { role: 'fleet', max: 2 });
    await ensureDataset(database, plan);
    const kafka = await connectKafka({ brokers: [kafka_brokers], clientId: 'fleet' });
    await kafka.ensureTopics(topicsOf(plan.name, plan.parts));
    return new Fleet(home, servers, plan, kafka, database);
  }

  /** What a service needs to work here. */
  get environment(): Record<string, string> {
    return {
      KAFKA_BROKERS: this.servers.kafka_brokers,
      DATABASE_URL: this.servers.database_url,
      MILLRACE_HOME: this.home,
      MILLRACE_DATASETS: join(this.home, 'datasets'),
      MILLRACE_LOG_LEVEL: 'debug',
    };
  }

  /** @param tree where the program lies; default: this clone */
  spawn(
    service: ServiceName,
    instance: string,
    environment: Record<string, string> = {},
    tree?: string,
  ): ServiceProcess {
    const named = { ...this.environment, MILLRACE_INSTANCE: instance, ...environment };
    const started = new ServiceProcess(service, named, tree);
    this.processes.push(started);
    return started;
  }

  /** As `spawn`, and started again whenever it fails. */
  supervise(...args: Parameters<Fleet['spawn']>): Supervised {
    const started = new Supervised(() => this.spawn(...args));
    this.supervised.push(started);
    return started;
  }

  async count(sql: string): Promise<number> {
    const [{ count }] = await this.database.query<{ count: string | number }>(sql);
    return Number(count);
  }

  async stop(): Promise<void> {
    for (const started of this.supervised) started.abandon();
    for (const started of this.processes) if (started.isRunning) started.signal('SIGKILL');
    await Promise.all(this.processes.map(({ ended }) => ended));
    await this.kafka.close();
    await this.database.close();
    await this.servers.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}
