import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ARRIVED_HEADER, INBOX_PARTITIONS, inboxBase, KEY_HEADER, topicName } from '@millrace/contracts';
import type { InboxPublisher, KafkaClient } from '@millrace/kafka';
import type { Database } from '@millrace/postgres';
import { faultPoint, type Logger } from '@millrace/telemetry';
import { ensureInboxSources, type InboxSource } from '../inbox/inbox-sources.js';
import type { InboxPlace } from './backlog.js';
import { HttpProblem } from './problem.js';

/** How long the sources of an inbox are taken to be those that they were, and how long a request waits to learn it. */
const VERIFY_MS = 5000;
const VERIFY_WAIT_MS = 1000;
const FORMER_SOURCES = 2 * INBOX_PARTITIONS;

interface Inbox {
  /** The newest first. */
  sources: InboxSource[];
  verified_at: number;
}

export interface InboxMessage {
  dataset: string;
  value: Buffer;
  key: string | null;
  arrived_ms: number;
}

/** Writes messages to inboxes and says where they lie. */
export class InboxWriter {
  private readonly inboxes = new Map<string, Inbox>();
  private readonly verifying = new Map<string, Promise<void>>();
  private turn = randomInt(INBOX_PARTITIONS);

  constructor(
    private readonly db: Database,
    private readonly kafka: KafkaClient,
    private readonly publisher: InboxPublisher,
    private readonly log: Logger,
  ) {}

  /** Makes sure that the sources of a dataset's inbox are known. */
  async open(dataset: string): Promise<void> {
    const verified_at = Date.now();
    const sources = await ensureInboxSources(this.db, this.kafka, dataset);
    const former = this.inboxes.get(dataset)?.sources ?? [];
    const isNew = new Set(sources.map(({ source }) => source));
    // Acknowledgements may still come from where the last source of a partition ends.
    const kept = former.filter(({ source }) => !isNew.has(source)).slice(0, FORMER_SOURCES);
    this.inboxes.set(dataset, { sources: [...sources, ...kept], verified_at });
  }

  /** Resolves after Kafka's acknowledgement. @throws MillraceError KAFKA_UNREACHABLE, MESSAGE_TOO_LARGE */
  async write({ dataset, value, key, arrived_ms }: InboxMessage): Promise<InboxPlace> {
    this.turn = (this.turn + 1) % INBOX_PARTITIONS;
    const partition = this.turn;
    const headers: Record<string, Buffer> = { [ARRIVED_HEADER]: Buffer.from(String(arrived_ms)) };
    if (key !== null) headers[KEY_HEADER] = Buffer.from(key);
    faultPoint('ingestor.before_accept');
    const { offset } = await this.publisher.publish({ topic: topicName('inbox', dataset), partition, value, headers });
    faultPoint('ingestor.after_accept');
    const { source, topic_id } = await this.sourceOf(dataset, partition, offset).catch((error) => {
      throw new HttpProblem(
        'POSTGRES_UNREACHABLE',
        'The rows were taken, but their receipt cannot be made: do not repeat.',
        {
          cause: error,
        },
      );
    });
    return { source, topic_id, partition, offset };
  }

  private async sourceOf(dataset: string, partition: number, offset: bigint): Promise<InboxSource> {
    await this.verify(dataset);
    const find = () =>
      this.inboxes
        .get(dataset)
        ?.sources.find((source) => source.partition === partition && source.base_offset === inboxBase(offset));
    const known = find();
    if (known) return known;
    await this.open(dataset);
    const found = find();
    if (!found) throw new Error(`no source for offset ${offset} of partition ${partition} of inbox.${dataset}`);
    return found;
  }

  /**
   * A topic that was made anew, or lost its end, has other sources. Looked at ahead of time, so that a busy flow does not
   * wait for it. Who cannot ask goes on with what was known: the rows are taken.
   */
  private async verify(dataset: string): Promise<void> {
    const age_ms = Date.now() - (this.inboxes.get(dataset)?.verified_at ?? 0);
    if (age_ms < VERIFY_MS / 2) return;
    const verifying = this.verifying.get(dataset) ?? this.verifyNow(dataset);
    this.verifying.set(dataset, verifying);
    if (age_ms < VERIFY_MS) return;
    await Promise.race([verifying, sleep(VERIFY_WAIT_MS, undefined, { ref: false })]);
  }

  private async verifyNow(dataset: string): Promise<void> {
    try {
      await this.open(dataset);
    } catch (error) {
      this.log.warn({ dataset, err: error }, 'cannot tell whether the inbox is still the same topic');
      const inbox = this.inboxes.get(dataset);
      if (inbox) inbox.verified_at = Date.now();
    } finally {
      this.verifying.delete(dataset);
    }
  }
}
