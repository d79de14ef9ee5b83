import { join } from 'node:path';
import { groupOf } from '@millrace/contracts';
import { planNamed } from '@millrace/dataset';
import {
  currentPlans,
  ENVIRONMENT,
  KAFKA,
  PLANS,
  type Plans,
  type ServiceContext,
  type ServiceEnvironment,
} from '@millrace/stage';
import { LOGGER, type Logger, readEnvironment } from '@millrace/telemetry';
import { Inject, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DeduperFlow } from './deduper.flow.js';
import { DEDUPER_VARIABLES } from './environment.js';
import { FilterReport } from './filter/filter-report.js';
import { MemoryBudget } from './filter/memory-budget.js';
import { partsEvents, snapshotEvents } from './log-events.js';
import { type Log, Parts } from './parts.js';
import { ReadBacks } from './rebuild/read-backs.js';
import { SnapshotStore } from './snapshot/snapshot-store.js';
import { Snapshotter } from './snapshot/snapshotter.js';

type Kafka = ServiceContext['kafka'];

@Module({
  providers: [
    DeduperFlow,
    {
      provide: MemoryBudget,
      useFactory: () => new MemoryBudget(readEnvironment(DEDUPER_VARIABLES).MILLRACE_FILTER_MAX_BYTES),
    },
    { provide: SnapshotStore, inject: [ENVIRONMENT, LOGGER], useFactory: snapshotStore },
    {
      provide: ReadBacks,
      inject: [ENVIRONMENT, LOGGER],
      useFactory: ({ DATABASE_URL }: ServiceEnvironment, logger: Logger) => new ReadBacks(DATABASE_URL, logger),
    },
    { provide: Parts, inject: [PLANS, KAFKA, MemoryBudget, SnapshotStore, ReadBacks, LOGGER], useFactory: parts },
    {
      provide: Snapshotter,
      inject: [Parts, LOGGER],
      useFactory: (owned: Parts, logger: Logger) =>
        new Snapshotter(owned, (part) => owned.save(part), snapshotEvents(logger)),
    },
    {
      provide: FilterReport,
      inject: [PLANS, Parts, MemoryBudget, LOGGER],
      useFactory: (plans: Plans, owned: Parts, budget: MemoryBudget, logger: Logger) =>
        new FilterReport(() => currentPlans(plans).keys(), owned, budget.max_bytes, logger),
    },
  ],
})
export class DeduperModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(Snapshotter) private readonly snapshotter: Snapshotter,
    @Inject(FilterReport) private readonly report: FilterReport,
    @Inject(ReadBacks) private readonly readBacks: ReadBacks,
  ) {}

  onApplicationBootstrap(): void {
    this.snapshotter.start();
    this.report.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.report.stop();
    await this.readBacks.close();
  }
}

function snapshotStore(environment: ServiceEnvironment, logger: Logger): SnapshotStore {
  const { MILLRACE_HOME, MILLRACE_INSTANCE } = environment;
  return new SnapshotStore(join(MILLRACE_HOME, 'deduper'), MILLRACE_INSTANCE, (path, reason) =>
    logger.warn({ path, reason }, 'snapshot ignored'),
  );
}

function parts(
  plans: Plans,
  kafka: Kafka,
  budget: MemoryBudget,
  snapshots: SnapshotStore,
  readBacks: ReadBacks,
  logger: Logger,
): Parts {
  const readBackOf = readBacks.of.bind(readBacks);
  return new Parts((name) => planNamed(plans, name), logOf(kafka), budget, snapshots, readBackOf, partsEvents(logger));
}

function logOf(kafka: Kafka): Log {
  let cluster: Promise<string> | undefined;
  return {
    // Asked once: a process does not outlive its cluster.
    clusterId: () => (cluster ??= kafka.clusterId()),
    async low(topic, partition) {
      const partitions = await kafka.lag(groupOf('deduper'), [topic]);
      return partitions.find((candidate) => candidate.partition === partition)?.low ?? 0n;
    },
  };
}
