import type { GroupConsumer, KafkaClient, TopicPartition } from '@millrace/kafka';
import type { Logger } from '@millrace/telemetry';
import { PartitionProgress } from './progress.js';
import type { ApplyFlow, Flow } from './stage.js';

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

/**
 * The partitions that this member owns. Generations of the group follow one another; each is settled before the next,
 * and messages wait until theirs is.
 */
export class Assignment {
  /** Resolves when the latest generation is settled; never rejects. */
  settled: Promise<void> = Promise.resolve();
  private pending = 0;
  private generation = 0;
  private owned = new Map<string, PartitionProgress>();

  constructor(
    private readonly group: string,
    private readonly topics: readonly string[],
    private readonly kafka: Pick<KafkaClient, 'committed'>,
    private readonly consumer: () => Pick<GroupConsumer, 'seek'>,
    private readonly flow: Pick<Flow, 'begin' | 'lost'> & Pick<ApplyFlow, 'outOfRange'>,
    /** Whether `begin` may skip what is not committed: only with a ledger of its own. */
    private readonly mayAdvance: boolean,
    private readonly logger: Logger,
    private readonly failed: (error: unknown) => void,
  ) {}

  get partitions(): Iterable<PartitionProgress> {
    return this.owned.values();
  }

  get isSettled(): boolean {
    return this.pending === 0;
  }

  get isJoined(): boolean {
    return this.generation > 0;
  }

  find(partition: TopicPartition): PartitionProgress | undefined {
    return this.owned.get(keyOf(partition));
  }

  /** A new generation. One that was overtaken by the next before it was settled is skipped. */
  assign(partitions: TopicPartition[]): void {
    const generation = ++this.generation;
    this.enqueue(async () => {
      if (generation === this.generation) await this.settle(partitions);
    });
  }

  /** The log no longer has, or never had, what was to come next: go on where the flow says, else with whatever it has. */
  restart(partition: TopicPartition): void {
    this.enqueue(async () => {
      const key = keyOf(partition);
      const former = this.find(partition);
      if (!former) return;
      if (this.flow.outOfRange) await this.lose(key, former);
      const from = await this.flow.outOfRange?.(partition);
      this.owned.set(key, new PartitionProgress(partition, undefined, from));
      this.seek(partition, from, undefined);
    });
  }

  private enqueue(work: () => Promise<void>): void {
    this.pending++;
    this.settled = this.settled
      .then(work)
      .catch(this.failed)
      .finally(() => {
        this.pending--;
      });
  }

  private async settle(partitions: TopicPartition[]): Promise<void> {
    const committed = await this.kafka.committed(this.group, this.topics);
    const assigned = new Set(partitions.map(keyOf));
    for (const [key, progress] of [...this.owned]) if (!assigned.has(key)) await this.lose(key, progress);
    const offsets = new Map(committed.map((item) => [keyOf(item), item.offset]));
    const kept = await Promise.all(partitions.map((partition) => this.own(partition, offsets.get(keyOf(partition)))));
    const counts = { partitions: partitions.length, kept: kept.filter(Boolean).length };
    this.logger.info({ generation: this.generation, ...counts }, 'assignment settled');
  }

  /** @returns true when it was ours before and nobody else committed in between: what is in flight stays good. */
  private async own(partition: TopicPartition, committed: bigint | undefined): Promise<boolean> {
    const key = keyOf(partition);
    const former = this.owned.get(key);
    if (former && former.committed === committed) {
      this.seek(partition, former.expected, committed);
      return true;
    }
    if (former) await this.lose(key, former);
    const begun = await this.flow.begin?.(partition, committed);
    const skips = begun !== undefined && !this.mayAdvance && (committed === undefined || begun > committed);
    const from = skips ? committed : (begun ?? committed);
    this.owned.set(key, new PartitionProgress(partition, committed, from));
    this.seek(partition, from, committed);
    return false;
  }

  private seek({ topic, partition }: TopicPartition, offset: bigint | undefined, committed: bigint | undefined): void {
    if (offset !== undefined && offset !== committed) this.consumer().seek({ topic, partition, offset });
  }

  private async lose(key: string, progress: PartitionProgress): Promise<void> {
    progress.abandoned = true;
    this.owned.delete(key);
    await progress.drained();
    this.flow.lost?.({ topic: progress.topic, partition: progress.partition });
  }
}
