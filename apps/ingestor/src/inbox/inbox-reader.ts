import { join } from 'node:path';
import { currentPlans, type ServiceEnvironment, StageServer } from '@millrace/stage';
import { InboxFlow, type InboxParts } from './inbox.flow.js';
import { InboxPauses } from './inbox-pauses.js';

export type InboxEnvironment = Pick<
  ServiceEnvironment,
  'MILLRACE_INSTANCE' | 'MILLRACE_HOME' | 'MILLRACE_STALL_MS' | 'MILLRACE_TRIM'
>;

const MEBIBYTE = 1024 * 1024;
/** Messages are small: many of them make one chunk, and one transaction. */
const LIMITS = {
  in_flight_messages: 16_384,
  in_flight_bytes: 16 * MEBIBYTE,
  apply_messages: 8192,
  apply_bytes: 8 * MEBIBYTE,
  /** Each chunk of a few rows costs every stage behind it as much as one of hundreds. */
  apply_interval_ms: 100,
};

/** Reads the inboxes of all datasets, as a member of the ingestors' group. */
export class InboxReader {
  private readonly flow: InboxFlow;
  private readonly server: StageServer;
  private readonly pauses: InboxPauses;

  /** @param fail is told of the first failure; after it the process has to end */
  constructor(parts: InboxParts, environment: InboxEnvironment, fail: (error: unknown) => void) {
    const { MILLRACE_INSTANCE: instance, MILLRACE_HOME: home } = environment;
    const options = {
      service: 'ingestor',
      group: parts.group,
      reads: ['inbox'],
      in_flight_stage: 'inbox_intake',
      limits: LIMITS,
      plans: parts.plans,
      registry: parts.registry,
      stall_ms: environment.MILLRACE_STALL_MS,
      trim: environment.MILLRACE_TRIM,
      membership_file: join(home, 'members', `${instance}.json`),
    } as const;
    this.flow = new InboxFlow(parts, fail);
    this.server = new StageServer({ ...options, reads: [...options.reads] }, parts.kafka, this.flow, parts.log, fail);
    const datasets = [...currentPlans(parts.plans).keys()];
    this.pauses = new InboxPauses(datasets, parts.pauses, this.flow, fail);
  }

  /** A member of the group, and no failure so far. */
  get isReady(): boolean {
    return this.server.isReady;
  }

  /** Needs Kafka and PostgreSQL, with topics and schema in place. Resolves once it is joining the group. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      void this.server.listen((error) => (error ? reject(error) : resolve()));
    });
    this.pauses.started(this.server.unwrap());
  }

  /** Finishes what is in hand, unless it waits for those behind; leaves the group. */
  async stop(drain_ms?: number): Promise<void> {
    await this.server.close(drain_ms);
    await this.flow.close();
  }
}
