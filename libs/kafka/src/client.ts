import { setTimeout } from 'node:timers/promises';
import { MillraceError, type TopicSpec } from '@millrace/contracts';
import type { Logger } from '@millrace/telemetry';
import { silentLogger } from '@millrace/telemetry/silent-logger';
import type { Admin, Kafka, KafkaConfig, Producer, ProducerConfig, RetryOptions } from 'kafkajs';
import kafkajs from './kafkajs.js';
import './compression.js';
import './request-queue.js';
import { type ConsumerHandlers, GroupConsumer } from './consumer.js';
import { protocolProblem } from './diagnose.js';
import { isSoonOver, toMillraceError } from './failure.js';
import { InboxPublisher } from './inbox-publisher.js';
import { logInto } from './logs.js';
import { Membership } from './membership.js';
import { Publisher } from './publisher.js';
import { type KafkaSecurity, kafkajsSecurity } from './security.js';
import { TopicIds } from './topic-ids.js';
import { topicSizes } from './topic-sizes.js';
import { committedOffsets, deleteRecords, ensureTopics, groupLag, TOPIC_CONFIG } from './topics.js';
import type { PartitionLag, PartitionOffset, TopicPartition } from './types.js';
import { openSocket } from './wire/framed-socket.js';

export interface KafkaOptions {
  brokers: string[];
  clientId: string;
  /** As `readKafkaSecurity` gives it; plaintext when missing. */
  security?: KafkaSecurity;
  /** Silent when missing. */
  logger?: Logger;
}

/** Rides out a broker that restarts (about 20 s in all), then fails: the supervisor takes over from there. */
const RETRY: RetryOptions = { initialRetryTime: 100, multiplier: 2, maxRetryTime: 1500, retries: 9, factor: 0.2 };
/** Of the connections below: every retry above makes all of these. */
const CONNECTION_RETRY: RetryOptions = { ...RETRY, retries: 3 };
/** 10 s in all: kafkajs's admin does not retry what a broker that has just started refuses. */
const SOON_OVER_TRIES = 40;
const SOON_OVER_MS = 250;
const MEBIBYTE = 1024 * 1024;

/** One Kafka cluster. Connects when first used; see `connectKafka` for a client that is known to be connected. */
export class KafkaClient {
  private readonly logger: Logger;
  private adminConnection: Promise<Admin> | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly ids: TopicIds;

  constructor(private readonly options: KafkaOptions) {
    this.ids = new TopicIds(options.brokers, options.clientId, options.security);
    this.logger = options.logger ?? silentLogger;
  }

  /**
   * Resolves when the cluster answers; says now and then what it waits for.
   * @throws MillraceError KAFKA_UNREACHABLE after `wait_ms`, or at once when `signal` is aborted; KAFKA_REFUSED at once, as waiting
   * does not help
   */
  async reachable(wait_ms: number, signal?: AbortSignal): Promise<void> {
    const until = Date.now() + wait_ms;
    for (let pause_ms = 200; ; pause_ms = Math.min(pause_ms * 2, 5000)) {
      try {
        await this.clusterId();
        return;
      } catch (failure) {
        const { brokers } = this.options;
        const error = toMillraceError(failure, 'connecting to Kafka');
        if (!error.retriable || signal?.aborted || Date.now() + pause_ms > until) throw error;
        this.logger.warn({ brokers, next_try_ms: pause_ms, reason: error.message }, 'waiting for Kafka');
        await setTimeout(pause_ms);
      }
    }
  }

  /** Changes when the cluster is another one, e.g. after its disk was wiped. */
  clusterId(): Promise<string> {
    return this.administer('asking for the cluster', async (admin) => (await admin.describeCluster()).clusterId);
  }

  /**
   * The ids of topics: one that was made anew has another. Those that do not exist are left out.
   * @throws MillraceError KAFKA_UNREACHABLE
   */
  async topicIds(topics: readonly string[]): Promise<Map<string, string>> {
    try {
      return await this.ids.ask(topics);
    } catch (error) {
      throw toMillraceError(error, `asking for the ids of ${topics.join(', ')}`, this.options.brokers);
    }
  }

  /** Bytes on disk by topic, see topic-sizes.ts. @throws MillraceError KAFKA_UNREACHABLE; what the broker refuses, e.g. without the right to ask */
  async topicSizes(topics: readonly TopicSpec[]): Promise<Map<string, number>> {
    try {
      return await topicSizes(await this.ids.connected(), topics);
    } catch (error) {
      throw toMillraceError(error, 'asking for the sizes of topics');
    }
  }

  /** See topics.ts; `config` adds to `TOPIC_CONFIG`. */
  ensureTopics(specs: readonly TopicSpec[], config: Record<string, string> = {}): Promise<string[]> {
    return this.administer('making topics', (admin) => ensureTopics(admin, specs, { ...TOPIC_CONFIG, ...config }));
  }

  deleteTopics(topics: readonly string[]): Promise<void> {
    return this.administer('deleting topics', (admin) => admin.deleteTopics({ topics: [...topics] }));
  }

  /** The partitions' offsets: committed by the group, and of the log. */
  lag(group: string, topics: readonly string[]): Promise<PartitionLag[]> {
    return this.administer('reading offsets', (admin) => groupLag(admin, group, topics));
  }

  committed(group: string, topics: readonly string[]): Promise<(TopicPartition & { offset: bigint | undefined })[]> {
    return this.administer('reading committed offsets', (admin) => committedOffsets(admin, group, topics));
  }

  deleteRecords(topic: string, offsets: readonly { partition: number; offset: bigint }[]): Promise<void> {
    const wanted: PartitionOffset[] = offsets.map((offset) => ({ topic, ...offset }));
    return this.administer(`deleting records of ${topic}`, (admin) => deleteRecords(admin, wanted));
  }

  async producer(): Promise<Publisher> {
    return new Publisher(await this.connectProducer({ maxInFlightRequests: 8 }));
  }

  /** For live producers' messages, each of which must be in the log once. @throws MillraceError KAFKA_UNREACHABLE */
  async inboxProducer(): Promise<InboxPublisher> {
    return new InboxPublisher(() => this.connectProducer({ idempotent: true, maxInFlightRequests: 1 })).open();
  }

  private async connectProducer(config: ProducerConfig): Promise<Producer> {
    const producer = this.kafka().producer({
      ...config,
      allowAutoTopicCreation: false,
      retry: RETRY,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition as number,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => {});
      throw toMillraceError(error, 'connecting a producer', this.options.brokers);
    }
  }

  /**
   * A member of `group`, not yet started. A dead one's partitions pass on after the session timeout of 6 s, or as soon as its
   * successor starts with the same `membership_file`.
   */
  consumer({
    group,
    topics,
    membership_file,
    ...handlers
  }: { group: string; topics: readonly string[]; membership_file?: string } & ConsumerHandlers): GroupConsumer {
    const kafka = this.kafka(handlers.onOutOfRange);
    const membership = new Membership(membership_file, group);
    const consumer = kafka.consumer({
      groupId: group,
      allowAutoTopicCreation: false,
      sessionTimeout: 6000,
      // Also how soon a member learns that the group rebalances.
      heartbeatInterval: 500,
      rebalanceTimeout: 15_000,
      // A larger message passes all the same: the broker always gives at least the first one.
      maxBytesPerPartition: 2 * MEBIBYTE,
      maxBytes: 6 * MEBIBYTE,
      maxWaitTimeInMs: 500,
      // A topic that was away while the group formed has no partitions in it: how soon that is noticed.
      metadataMaxAge: 5000,
      retry: { ...RETRY, restartOnFailure: async () => false },
    });
    return new GroupConsumer(consumer, topics, handlers, this.logger, membership, () =>
      membership.leaveForPredecessor(kafka),
    );
  }

  async close(): Promise<void> {
    const connection = this.adminConnection;
    this.adminConnection = undefined;
    await connection?.then((admin) => admin.disconnect()).catch(() => {});
    await this.ids.close();
  }

  private kafka(onOutOfRange?: (partition: TopicPartition) => void): Kafka {
    const { brokers, clientId, security } = this.options;
    const config: KafkaConfig = {
      brokers,
      clientId,
      ...kafkajsSecurity(security),
      socketFactory: openSocket,
      connectionTimeout: 3000,
      requestTimeout: 20_000,
      retry: CONNECTION_RETRY,
      logLevel: kafkajs.logLevel.INFO,
      logCreator: logInto(this.logger, onOutOfRange),
    };
    return new kafkajs.Kafka(config);
  }

  /** One at a time: kafkajs's admin forgets a topic's partitions for a moment while another question is under way. */
  private administer<T>(doing: string, work: (admin: Admin) => Promise<T>): Promise<T> {
    const answer = this.turn.then(() => this.attempt(doing, work));
    this.turn = answer.catch(() => {});
    return answer;
  }

  private async attempt<T>(doing: string, work: (admin: Admin) => Promise<T>): Promise<T> {
    for (let tries_left = SOON_OVER_TRIES; ; tries_left--) {
      try {
        this.adminConnection ??= this.connectAdmin();
        return await work(await this.adminConnection);
      } catch (error) {
        if (tries_left === 0 || !isSoonOver(error))
          throw await this.explained(toMillraceError(error, doing, this.options.brokers));
        await setTimeout(SOON_OVER_MS);
      }
    }
  }

  /** A connection that is only ever closed may be so because one side speaks TLS, or SASL, and the other does not. */
  private async explained(error: MillraceError): Promise<MillraceError> {
    if (error.code !== 'KAFKA_UNREACHABLE') return error;
    const problem = await protocolProblem(this.options.brokers, this.options.security);
    return problem ? new MillraceError('KAFKA_REFUSED', problem, { cause: error }) : error;
  }

  private async connectAdmin(): Promise<Admin> {
    // Few retries: who administers decides how long to go on.
    const admin = this.kafka().admin({ retry: CONNECTION_RETRY });
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      this.adminConnection = undefined;
      await admin.disconnect().catch(() => {});
      throw error;
    }
  }
}

/** A client whose cluster answers. @throws MillraceError KAFKA_UNREACHABLE when it does not within `wait_ms`, KAFKA_REFUSED */
export async function connectKafka({
  wait_ms = 15_000,
  ...options
}: KafkaOptions & { wait_ms?: number }): Promise<KafkaClient> {
  if (options.brokers.length === 0) throw new MillraceError('CONFIG_INVALID', 'no Kafka brokers given');
  const client = new KafkaClient(options);
  await client.reachable(wait_ms);
  return client;
}
