import { connectKafka, type KafkaClient, readKafkaSecurity } from '@millrace/kafka';

/**
 * Runs `work` with a connection to the broker, secured as the environment says. @param brokers comma-separated
 * @throws MillraceError KAFKA_UNREACHABLE, KAFKA_REFUSED, ENVIRONMENT_INVALID
 */
export async function withBroker<T>(brokers: string, work: (kafka: KafkaClient) => Promise<T>): Promise<T> {
  // Without a logger: what goes wrong comes as an error, the client's own lines would stand in the middle of what a command prints.
  const kafka = await connectKafka({
    brokers: brokers.split(','),
    clientId: 'millrace-cli',
    security: readKafkaSecurity(),
  });
  try {
    return await work(kafka);
  } finally {
    await kafka.close();
  }
}
