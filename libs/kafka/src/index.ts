export { connectKafka, KafkaClient, type KafkaOptions } from './client.js';
export { type ConsumerHandlers, type FetchedBatch, GroupConsumer } from './consumer.js';
export { isTopicMissing } from './failure.js';
export { type InboxMessage, InboxPublisher } from './inbox-publisher.js';
export { PUBLISH_LIMIT_BYTES, Publisher } from './publisher.js';
export { type KafkaSecurity, readKafkaSecurity, SECURITY_VARIABLES } from './security.js';
export { TOPIC_CONFIG } from './topics.js';
export * from './types.js';
