import type { Logger } from '@millrace/telemetry';
import type { LogEntry, logCreator } from 'kafkajs';
import kafkajs from './kafkajs.js';
import type { TopicPartition } from './types.js';

/** What kafkajs says, and says nowhere else, when it is about to jump to another offset by itself. */
const OUT_OF_RANGE = 'Offset out of range, resetting to default offset';

/** A broker that is away makes the client say so many times a second: one line of each kind in so long is enough. */
const REPEAT_MS = 10_000;

/**
 * The client's log lines into ours, at most as warnings: what matters comes as an error to who called.
 * @param onOutOfRange the offset to fetch is not in the log: the client goes on from the log's start
 */
export function logInto(logger: Logger, onOutOfRange?: (partition: TopicPartition) => void): logCreator {
  const warned_ms = new Map<string, number>();
  const isNews = (kind: string) => {
    const now = Date.now();
    if (now - (warned_ms.get(kind) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return false;
    warned_ms.set(kind, now);
    return true;
  };
  return () => (entry: LogEntry) => {
    const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...details } = entry.log;
    if (message === OUT_OF_RANGE) onOutOfRange?.({ topic: details.topic, partition: details.partition });
    const isWarning = entry.level <= kafkajs.logLevel.WARN && isNews(entry.namespace);
    logger[isWarning ? 'warn' : 'debug']({ kafka: details, namespace: entry.namespace }, message);
  };
}
