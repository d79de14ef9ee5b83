import { MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { createLogger, nestLogger } from './logger.js';

function captured() {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(
    { service: 'cleaner', instance: 'cleaner-1' },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
  return { lines, logger };
}

describe('logger', () => {
  it('writes an error with its code, place, cause and trace', () => {
    const { lines, logger } = captured();
    const error = new MillraceError('KAFKA_UNREACHABLE', 'gone', { place: { topic: 't' }, cause: new Error('socket') });
    logger.error({ err: error }, 'failed');
    expect(lines[0]).toMatchObject({ level: 'error', service: 'cleaner', instance: 'cleaner-1', msg: 'failed' });
    expect(lines[0].err).toMatchObject({ code: 'KAFKA_UNREACHABLE', place: { topic: 't' } });
    expect(JSON.stringify(lines[0].err)).toContain('socket');
  });

  it('tells of an error what is known of it, and nothing else that a client hung on it', () => {
    const { lines, logger } = captured();
    const config = { connectionString: 'postgres://u:geheim@h/d', password: 'geheim', sasl: { password: 'geheim' } };
    const refused = Object.assign(new Error('no'), {
      code: '28P01',
      severity: 'FATAL',
      config,
      options: config,
      ...config,
    });
    logger.error({ err: new Error('outer', { cause: refused }) }, 'failed');
    logger.error({ err: new AggregateError([refused]) }, 'failed');
    logger.error({ err: refused, config, connection: { ...config }, deep: { config } }, 'failed');
    logger.error({ err: config }, 'not an error at all');
    expect(lines).toHaveLength(4);
    expect(lines[2].err).toMatchObject({ type: 'Error', message: 'no', code: '28P01', severity: 'FATAL' });
    expect(lines[2]).toMatchObject({ config: { password: '***' }, connection: { sasl: '***' } });
    expect(JSON.stringify(lines)).not.toContain('geheim');
  });

  it('writes no password of a URL, wherever it stands', () => {
    const { lines, logger } = captured();
    const url = 'postgres://u:geheim@h/d';
    logger.warn({ url, deep: { er: [url] } }, `cannot reach ${url}`);
    logger.error({ err: new TypeError(`Invalid URL ${url}`, { cause: new Error(url) }) }, 'failed');
    nestLogger(logger).error(`cannot reach ${url}`, url);
    expect(lines).toHaveLength(3);
    expect(lines[0].msg).toBe('cannot reach postgres://u:***@h/d');
    expect(JSON.stringify(lines)).not.toContain('geheim');
  });

  it('keeps the chatter of Nest out, but not its errors', () => {
    const { lines, logger } = captured();
    const nest = nestLogger(logger);
    nest.log('mapped a route', 'RouterExplorer');
    nest.error(new Error('no provider'));
    expect(lines.map(({ msg }) => msg)).toEqual(['no provider']);
  });
});
