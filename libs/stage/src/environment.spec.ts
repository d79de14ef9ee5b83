import { hostname } from 'node:os';
import { CONTRACT } from '@millrace/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readServiceEnvironment, stopDelay } from './environment.js';

describe('the environment of a service', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('names an instance for its service and machine, unless it is named', () => {
    vi.stubEnv('KAFKA_BROKERS', 'k:1');
    vi.stubEnv('MILLRACE_INSTANCE', '');
    expect(readServiceEnvironment('cleaner').MILLRACE_INSTANCE).toBe(`cleaner-${hostname()}`);
    vi.stubEnv('MILLRACE_INSTANCE', 'cleaner-7');
    expect(readServiceEnvironment('cleaner').MILLRACE_INSTANCE).toBe('cleaner-7');
  });

  it('publishes in the newest contract version, and in none that it does not know', () => {
    vi.stubEnv('KAFKA_BROKERS', 'k:1');
    vi.stubEnv('MILLRACE_CONTRACT', '');
    expect(readServiceEnvironment('ingestor').MILLRACE_CONTRACT).toBe(CONTRACT.newest);
    for (const version of [CONTRACT.oldest - 1, CONTRACT.newest + 1]) {
      vi.stubEnv('MILLRACE_CONTRACT', String(version));
      expect(() => readServiceEnvironment('ingestor')).toThrow(
        `MILLRACE_CONTRACT must be an integer in ${CONTRACT.oldest}..${CONTRACT.newest}`,
      );
    }
  });
});

describe('a stop', () => {
  const of = (host: string, given?: number, stop_ms = 15_000) =>
    stopDelay({ MILLRACE_HTTP_HOST: host, MILLRACE_STOP_DELAY_MS: given, MILLRACE_STOP_MS: stop_ms });

  it('goes on taking requests for a while where others send them, and within half of its time', () => {
    expect([of('127.0.0.1'), of('localhost'), of('::1')]).toEqual([0, 0, 0]);
    expect([of('0.0.0.0'), of('::'), of('10.0.0.7')]).toEqual([3000, 3000, 3000]);
    expect([of('127.0.0.1', 500), of('0.0.0.0', 0), of('0.0.0.0', 60_000), of('0.0.0.0', undefined, 2000)]).toEqual([
      500, 0, 7500, 1000,
    ]);
  });
});
