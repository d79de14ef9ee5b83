import { describe, expect, it } from 'vitest';
import { KAFKA_STARTED, renderLogConfig, renderServerProperties } from './kafka-config.js';

const properties = new Map(
  renderServerProperties({ kafka: 20001, kafka_controller: 20002, postgres: 20003 })
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/=(.*)/s, 2) as [string, string]),
);

describe('server.properties', () => {
  it('opens no port beyond loopback', () => {
    const addresses = ['listeners', 'advertised.listeners', 'controller.quorum.voters'].flatMap((name) =>
      properties.get(name)!.split(','),
    );
    expect(addresses).toEqual([
      'BROKER://127.0.0.1:20001',
      'CONTROLLER://127.0.0.1:20002',
      'BROKER://127.0.0.1:20001',
      '1@127.0.0.1:20002',
    ]);
  });

  it('holds no path of the user, only relative ones', () => {
    expect(properties.get('log.dirs')).toBe('data');
    expect([...properties.values()].filter((value) => value.startsWith('/'))).toEqual([]);
  });

  it('lets messages of 8 MiB and their envelopes through everywhere', () => {
    expect(Number(properties.get('message.max.bytes'))).toBeGreaterThan(8 * 1024 * 1024);
    expect(properties.get('replica.fetch.max.bytes')).toBe(properties.get('message.max.bytes'));
  });

  it('needs no second broker for any internal topic', () => {
    const replication = [...properties].filter(([name]) => /replication\.factor$|min\.isr$/.test(name));
    expect(replication).toHaveLength(5);
    expect(replication.every(([, value]) => value === '1')).toBe(true);
  });

  it('never creates topics by itself', () => {
    expect(properties.get('auto.create.topics.enable')).toBe('false');
  });
});

describe('the log configuration', () => {
  it('bounds the file and brings the line that says "started" to stdout', () => {
    const config = renderLogConfig();
    expect(config).toMatch(/SizeBasedTriggeringPolicy size="8 MB"/);
    expect(config).toMatch(/Logger name="kafka\.server\.KafkaRaftServer" level="INFO">\s*<AppenderRef ref="stdout"/);
    expect(KAFKA_STARTED).toBe('Kafka Server started');
  });
});
