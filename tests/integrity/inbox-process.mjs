// The reader of an inbox in a process of its own, to be killed.
// Environment: KAFKA_BROKERS, DATABASE_URL, MILLRACE_DATASETS, MILLRACE_HOME, MILLRACE_FAULT, and GROUP, its consumer group.
import { loadPlans } from '@millrace/dataset';
import { connectKafka } from '@millrace/kafka';
import { openDatabase } from '@millrace/postgres';
import { createLogger } from '@millrace/telemetry';
import { FLIGHT_LIMITS } from '../../apps/ingestor/dist/flight.js';
import { InboxReader } from '../../apps/ingestor/dist/inbox/inbox-reader.js';

const { KAFKA_BROKERS, DATABASE_URL, MILLRACE_DATASETS, MILLRACE_HOME, GROUP } = process.env;
const level = process.env.TEST_LOG ?? 'fatal';
const log = createLogger({ service: 'ingestor', instance: 'ingestor', level });
const kafka = await connectKafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'inbox-process', logger: log });
const db = await openDatabase(DATABASE_URL, { role: 'inbox-process' });
const parts = {
  db,
  kafka,
  publisher: await kafka.producer(),
  plans: loadPlans(MILLRACE_DATASETS),
  group: GROUP,
  log,
  limits: { ...FLIGHT_LIMITS, poll_ms: 50 },
};
const environment = { MILLRACE_HOME, MILLRACE_STALL_MS: 60_000, MILLRACE_TRIM: false };
const reader = new InboxReader(parts, environment, (error) => {
  log.fatal({ err: error }, 'failed');
  process.exit(1);
});
process.on('SIGTERM', async () => {
  await reader.stop();
  process.exit(0);
});
await reader.start();
