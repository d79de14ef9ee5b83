import { connectKafka, type KafkaClient } from '@millrace/kafka';
import { createLogger } from '@millrace/telemetry';

/** Runs `work` with a connection to the broker. @param brokers comma-separated @throws MillraceError KAFKA_UNREACHABLE */
export async function withBroker<T>(brokers: string, work: (kafka: KafkaClient) => Promise<T>): Promise<T> {
  // What goes wrong comes as an error; the client's own lines would stand in the middle of what a command prints.
  const logger = createLogger({ service: 'cli', instance: 'cli', level: 'silent' });
  const kafka = await connectKafka({ brokers: brokers.split(','), clientId: 'millrace-cli', logger });
  try {
    return await work(kafka);
  } finally {
    await kafka.close();
  }
}
