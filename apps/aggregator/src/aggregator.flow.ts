import { setImmediate } from 'node:timers/promises';
import { MillraceError, parseTopic } from '@millrace/contracts';
import type { ApplyMessage, BatchMessage, Located } from '@millrace/postgres';
import { type ApplyFlow, PLANS, type Plans, type StageMessage } from '@millrace/stage';
import { metrics } from '@millrace/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { Sink } from './sink.js';
import { decodeBatchMessage } from './steps/decode-batch.js';
import { decodeOutcome } from './steps/decode-outcome.js';
import { describeFailure } from './steps/describe-failure.js';
import { readArrival } from './steps/read-arrival.js';

type TopicPartition = Pick<StageMessage, 'topic' | 'partition'>;
type Counts = Record<string, number>;

/** Bounds of one transaction. Most groups of gold change in each, however few rows it has: the more rows, the less gold costs. */
const TRANSACTION = { rows: 256 * 1024, size_bytes: 16 * 1024 * 1024 };

/**
 * screened and rejects -> PostgreSQL: decodes what waits and applies it in one transaction (or in several, when it is much);
 * see `applyOnce` in libs/postgres for its seven steps. What cannot be decoded is set aside in the same transaction.
 */
@Injectable()
export class AggregatorFlow implements ApplyFlow {
  constructor(
    @Inject(PLANS) private readonly plans: Plans,
    @Inject(Sink) private readonly sink: Sink,
  ) {}

  /** PostgreSQL knows where to read on; nothing there yet means everything that the topic has. */
  async begin({ topic, partition }: TopicPartition): Promise<bigint> {
    const applier = await this.sink.applier();
    return (await applier.nextOffset(topic, partition)) ?? 0n;
  }

  /** While one transaction runs, the messages of the next are decoded. */
  async apply(messages: StageMessage[]): Promise<Counts> {
    const counts: Counts = {};
    let running = Promise.resolve();
    for (let at = 0; at < messages.length; ) {
      const group: ApplyMessage[] = [];
      for (const size = { rows: 0, size_bytes: 0 }; at < messages.length && isBelow(size); at++) {
        const decoded = this.decode(messages[at]);
        group.push(decoded);
        size.rows += decoded.kind === 'batch' ? decoded.data.rows : 0;
        size.size_bytes += messages[at].value?.length ?? 0;
        // Lets the running transaction send and receive.
        await setImmediate();
      }
      await running;
      running = this.commit(group, counts);
      // Whoever awaits it next hears of the failure; meanwhile it must not count as unhandled.
      running.catch(() => {});
    }
    await running;
    return counts;
  }

  private async commit(group: ApplyMessage[], counts: Counts): Promise<void> {
    const applier = await this.sink.applier();
    const { written, duplicates, rejected, replaced, batches } = await applier.apply(group);
    observeFreshness(batches);
    for (const [name, count] of Object.entries({ written, duplicates, rejected, replaced })) {
      counts[name] = (counts[name] ?? 0) + count;
    }
    for (const message of group) {
      if (message.kind === 'set_aside' && message.set_aside.stage === 'aggregator') {
        metrics.setAside.inc({ stage: 'aggregator', code: message.set_aside.code });
      }
    }
  }

  /** Steps that throw twice on the same bytes have met bytes to set aside. */
  private decode(message: StageMessage): ApplyMessage {
    const { topic, partition, offset } = message;
    const parsed = parseTopic(topic);
    const located = { topic, partition, offset, dataset: parsed?.dataset ?? topic };
    const step = () => (parsed?.layer === 'screened' ? this.batch(message, located) : this.outcome(message, located));
    try {
      return step();
    } catch (error) {
      // A later release's, or the machine's fault: the message waits.
      if (error instanceof MillraceError && error.retriable) throw error;
      if (error instanceof MillraceError) return { kind: 'set_aside', ...located, ...describeFailure(message, error) };
    }
    try {
      return step();
    } catch (error) {
      return { kind: 'set_aside', ...located, ...describeFailure(message, error) };
    }
  }

  private batch({ value, headers }: StageMessage, located: Located): ApplyMessage {
    const decoded = decodeBatchMessage(value, headers, located, this.plans);
    return { kind: 'batch', ...located, ...decoded, arrived_ms: readArrival(headers) };
  }

  private outcome({ value }: StageMessage, located: Located): ApplyMessage {
    const outcome = decodeOutcome(value, located.partition);
    return outcome.kind === 'manifest'
      ? { kind: 'manifest', ...located, manifest: outcome.manifest }
      : { kind: 'set_aside', ...located, set_aside: outcome.setAside, rows: 1 };
  }
}

/** Their rows can be seen from now on. What was applied before, and comes again, could be seen long ago. */
function observeFreshness(batches: readonly BatchMessage[]): void {
  const now = Date.now();
  for (const { dataset, arrived_ms } of batches) {
    // The clock of whoever took the data in may be ahead of ours.
    if (arrived_ms !== undefined) metrics.freshness.observe({ dataset }, Math.max(0, now - arrived_ms) / 1000);
  }
}

function isBelow({ rows, size_bytes }: typeof TRANSACTION): boolean {
  return rows < TRANSACTION.rows && size_bytes < TRANSACTION.size_bytes;
}
