// A stage in a process of its own, to be killed: hands every bronze message on to silver.
// Environment: KAFKA_BROKERS, MILLRACE_FAULT, and DATASET, the dataset's name.
import { topicName } from '@millrace/contracts';
import { connectKafka } from '@millrace/kafka';
import { StageServer } from '@millrace/stage';
import { createLogger } from '@millrace/telemetry';

const { KAFKA_BROKERS, DATASET } = process.env;
const logger = createLogger({
  service: 'cleaner',
  instance: 'cleaner',
  level: process.env.MILLRACE_LOG_LEVEL ?? 'warn',
});
const kafka = await connectKafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'stage-test', logger });
const flow = {
  transform: ({ partition, value }) => ({
    outputs: [{ topic: topicName('silver', DATASET), partition: partition % 2, key: '', value }],
    counts: { rows: 1 },
  }),
};
const options = {
  service: 'cleaner',
  group: `${DATASET}.cleaner`,
  reads: ['bronze'],
  plans: new Map([['plan', { name: DATASET }]]),
  stall_ms: 60_000,
  trim: false,
};
const server = new StageServer(options, kafka, flow, logger, (error) => {
  logger.fatal({ err: error }, 'failed');
  process.exit(1);
});
process.on('SIGTERM', async () => {
  await server.close();
  process.exit(0);
});
await new Promise((resolve, reject) => server.listen((error) => (error ? reject(error) : resolve())));
