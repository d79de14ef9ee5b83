import type { Logger } from '@millrace/telemetry';
import kafkajs, { type LogEntry, type logCreator } from 'kafkajs';
import type { TopicPartition } from './types.js';

/** What kafkajs says, and says nowhere else, when it is about to jump to another offset by itself. */
const OUT_OF_RANGE = 'Offset out of range, resetting to default offset';

/**
 * The client's log lines into ours, at most as warnings: what matters comes as an error to who called.
 * @param onOutOfRange the offset to fetch is not in the log: the client goes on from the log's start
 */
export function logInto(logger: Logger, onOutOfRange?: (partition: TopicPartition) => void): logCreator {
  return () => (entry: LogEntry) => {
    const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...details } = entry.log;
    if (message === OUT_OF_RANGE) onOutOfRange?.({ topic: details.topic, partition: details.partition });
    const level = entry.level <= kafkajs.logLevel.WARN ? 'warn' : 'debug';
    logger[level]({ kafka: details, namespace: entry.namespace }, message);
  };
}
