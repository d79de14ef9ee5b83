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

  it('keeps the chatter of Nest out, but not its errors', () => {
    const { lines, logger } = captured();
    const nest = nestLogger(logger);
    nest.log('mapped a route', 'RouterExplorer');
    nest.error(new Error('no provider'));
    expect(lines.map(({ msg }) => msg)).toEqual(['no provider']);
  });
});
