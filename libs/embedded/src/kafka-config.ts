import type { Ports } from './ports.js';

export type Properties = Record<string, string | number | boolean>;

const MESSAGE_BYTES = 9 * 1024 * 1024;

/**
 * server.properties of one broker that is its own controller. Paths are relative to the broker's working
 * directory, so that no character of the user's paths can break the file.
 */
export function renderServerProperties(ports: Ports, extra: Properties = {}): string {
  const properties: Properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.kafka_controller}`,
    listeners: `BROKER://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafka_controller}`,
    'advertised.listeners': `BROKER://127.0.0.1:${ports.kafka}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': 'data',

    'auto.create.topics.enable': false,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,

    'message.max.bytes': MESSAGE_BYTES,
    'replica.fetch.max.bytes': MESSAGE_BYTES,
    'log.segment.bytes': 64 * 1024 * 1024,
    // Records that are applied get deleted by offset: give their space back soon, not in minutes.
    'log.retention.check.interval.ms': 5000,
    'log.initial.task.delay.ms': 5000,
    'log.segment.delete.delay.ms': 1000,

    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // After a kill -9 the broker waits until its former self is taken for dead.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,

    // Sized for a laptop: the default cleaner buffer alone takes a quarter of the heap.
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    'num.recovery.threads.per.data.dir': 2,
    'log.cleaner.dedupe.buffer.size': 8 * 1024 * 1024,
    'log.cleaner.io.buffer.size': 64 * 1024,
    ...extra,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** log4j2: everything of note to a file of bounded size; errors and the line that says "started" to stdout as well. */
export function renderLogConfig(): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders>
    <RollingFile name="file" fileName="../logs/kafka.log" filePattern="../logs/kafka.%i.log">
      <PatternLayout pattern="%d{ISO8601} %p %m (%c)%n"/>
      <SizeBasedTriggeringPolicy size="8 MB"/>
      <DefaultRolloverStrategy max="2"/>
    </RollingFile>
    <Console name="stdout" target="SYSTEM_OUT">
      <PatternLayout pattern="%d{ISO8601} %p %m%n"/>
    </Console>
  </Appenders>
  <Loggers>
    <Logger name="kafka.server.KafkaRaftServer" level="INFO">
      <AppenderRef ref="stdout" level="INFO"/>
    </Logger>
    <Logger name="org.apache.kafka.common.config" level="WARN"/>
    <Logger name="kafka.server.KafkaConfig" level="WARN"/>
    <Root level="INFO">
      <AppenderRef ref="file"/>
      <AppenderRef ref="stdout" level="ERROR"/>
    </Root>
  </Loggers>
</Configuration>
`;
}

export const KAFKA_STARTED = 'Kafka Server started';
