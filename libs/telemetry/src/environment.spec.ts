import { MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { flag, integer, list, oneOf, optional, readEnvironment, text, url } from './environment.js';

const schema = {
  KAFKA_BROKERS: list(),
  DATABASE_URL: optional(url(['postgres', 'postgresql'])),
  MILLRACE_HTTP_PORT: integer({ min: 0, max: 65_535, fallback: 0 }),
  MILLRACE_LOG_LEVEL: oneOf(['info', 'debug'], 'info'),
  MILLRACE_TRIM: flag(),
  MILLRACE_HOME: text('.millrace'),
};

function problemsOf(environment: NodeJS.ProcessEnv): string {
  try {
    readEnvironment(schema, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toMatchObject({ code: 'ENVIRONMENT_INVALID' });
    return (error as Error).message;
  }
  return '';
}

describe('readEnvironment', () => {
  it('gives typed values and defaults', () => {
    const environment = {
      KAFKA_BROKERS: 'a:1, b:2,',
      MILLRACE_HTTP_PORT: '8080',
      MILLRACE_TRIM: '1',
      MILLRACE_HOME: '',
    };
    expect(readEnvironment(schema, environment)).toEqual({
      KAFKA_BROKERS: ['a:1', 'b:2'],
      DATABASE_URL: undefined,
      MILLRACE_HTTP_PORT: 8080,
      MILLRACE_LOG_LEVEL: 'info',
      MILLRACE_TRIM: true,
      MILLRACE_HOME: '.millrace',
    });
  });

  it('names every problem at once, and no value, which may be a secret', () => {
    const message = problemsOf({
      DATABASE_URL: 'mysql://u:secret@h/d',
      MILLRACE_HTTP_PORT: '70000',
      MILLRACE_LOG_LEVEL: 'loud',
      MILLRACE_TRIM: 'yes',
    });
    expect(message).toContain('KAFKA_BROKERS is not set');
    expect(message).toContain('DATABASE_URL must be a URL that begins with postgres:// or postgresql://');
    expect(message).toContain('MILLRACE_HTTP_PORT must be an integer in 0..65535');
    expect(message).toContain('MILLRACE_LOG_LEVEL must be one of info, debug');
    expect(message).toContain('MILLRACE_TRIM must be 1 or 0');
    expect(message).not.toContain('secret');
  });

  it('refuses an unknown MILLRACE_ name and gives the nearest known one', () => {
    expect(problemsOf({ KAFKA_BROKERS: 'a:1', MILLRACE_HTTP_PROT: '1' })).toBe(
      'MILLRACE_HTTP_PROT is unknown: did you mean MILLRACE_HTTP_PORT?',
    );
  });

  it('refuses numbers that only begin as one', () => {
    expect(problemsOf({ KAFKA_BROKERS: 'a:1', MILLRACE_HTTP_PORT: '80x' })).toContain('MILLRACE_HTTP_PORT');
    expect(problemsOf({ KAFKA_BROKERS: 'a:1', MILLRACE_HTTP_PORT: '1.5' })).toContain('MILLRACE_HTTP_PORT');
  });
});
