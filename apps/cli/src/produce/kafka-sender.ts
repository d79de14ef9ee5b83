import { randomUUID } from 'node:crypto';
import { INBOX_PARTITIONS, KEY_HEADER, MillraceError, topicName } from '@millrace/contracts';
import type { InboxPublisher, KafkaClient } from '@millrace/kafka';
import type { LiveFormat, LiveSales } from '@millrace/testkit';
import type { RowSender, SendCounts } from './produce.js';
import type { Patience } from './repeat.js';

export interface KafkaSenderOptions {
  dataset: string;
  sales: LiveSales;
  /** In turn. */
  formats: readonly LiveFormat[];
  kafka: KafkaClient;
  /** Gives every message an idempotency key, so that one sent again after a failure counts once. */
  keys: boolean;
  patience: Patience;
}

/** Rows as single messages of `inbox.<dataset>`, JSON and CSV mixed, over all its partitions. */
export class KafkaSender implements RowSender {
  readonly counts: SendCounts = { requests: 0, repeats: 0, refusals: 0 };
  private readonly run = randomUUID();
  private readonly topic: string;
  private publisher: Promise<InboxPublisher> | undefined;
  private made = 0;

  constructor(private readonly options: KafkaSenderOptions) {
    this.topic = topicName('inbox', options.dataset);
  }

  async send(rows: number): Promise<void> {
    const { formats, sales, keys } = this.options;
    const messages = Array.from({ length: rows }, () => {
      const number = this.made++;
      const key = Buffer.from(`${this.run}-${number}`);
      return {
        topic: this.topic,
        partition: number % INBOX_PARTITIONS,
        value: sales.nextMessage(formats[Math.floor(number / INBOX_PARTITIONS) % formats.length]),
        ...(keys ? { headers: { [KEY_HEADER]: key } } : {}),
      };
    });
    await Promise.all(messages.map((message) => this.deliver(message)));
  }

  async close(): Promise<void> {
    await this.publisher?.then((publisher) => publisher.close()).catch(() => undefined);
  }

  private async deliver(message: Parameters<InboxPublisher['publish']>[0]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await (await this.connected()).publish(message);
        this.options.patience.gotThrough();
        this.counts.requests += 1;
        return;
      } catch (error) {
        // Whether it was written is not known: only with a key may it be sent again.
        if (!(error instanceof MillraceError && error.retriable) || !this.options.keys) throw error;
        this.counts.repeats += 1;
        await this.options.patience.pause(attempt, error.message);
      }
    }
  }

  private connected(): Promise<InboxPublisher> {
    this.publisher ??= this.options.kafka.inboxProducer().catch((error) => {
      this.publisher = undefined;
      throw error;
    });
    return this.publisher;
  }
}
