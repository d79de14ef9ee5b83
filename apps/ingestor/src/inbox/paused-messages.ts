import { parseTopic } from '@millrace/contracts';
import type { TopicPartition } from '@millrace/kafka';
import type { StageMessage } from '@millrace/stage';

/**
 * Messages of paused datasets that were fetched before their topics were left alone: kept in their order until the dataset
 * goes on, or another one reads the partition. At most what a process has in hand.
 */
export class PausedMessages {
  private readonly kept = new Map<string, StageMessage[]>();

  pause(dataset: string): void {
    if (!this.kept.has(dataset)) this.kept.set(dataset, []);
  }

  isPaused(topic: string): boolean {
    return this.kept.has(datasetOf(topic));
  }

  /** @returns those that may be taken now; the others are kept */
  keep(messages: StageMessage[]): StageMessage[] {
    if (this.kept.size === 0) return messages;
    return messages.filter((message) => {
      const kept = this.kept.get(datasetOf(message.topic));
      kept?.push(message);
      return kept === undefined;
    });
  }

  /** The dataset goes on. @returns what was kept of it, to be taken before anything else */
  resume(dataset: string): StageMessage[] {
    const kept = this.kept.get(dataset) ?? [];
    this.kept.delete(dataset);
    return kept;
  }

  /** The partition is read anew, by whomever. */
  forget({ topic, partition }: TopicPartition): void {
    const kept = this.kept.get(datasetOf(topic));
    if (!kept) return;
    const others = kept.filter((message) => message.topic !== topic || message.partition !== partition);
    this.kept.set(datasetOf(topic), others);
  }
}

function datasetOf(topic: string): string {
  return parseTopic(topic)?.dataset ?? topic;
}
