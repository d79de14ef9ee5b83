import { MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { CommandFailure, errorBlock, exitCodeOfError, failureOf } from './failure.js';

describe('errorBlock', () => {
  it('says code, what, where and what to do, without a stack', () => {
    const error = new MillraceError('CONFIG_INVALID', 'unknown type "txt"', { place: { file: 'sales.yaml', line: 4 } });
    expect(errorBlock(error, 'info')).toBe(
      'millrace: CONFIG_INVALID\n' +
        '  What:   unknown type "txt"\n' +
        '  Where:  file sales.yaml, line 4\n' +
        '  Do:     correct the configuration, then check it: npx millrace validate\n',
    );
  });

  it('lets no name of a file move the cursor', () => {
    const file = 'a\u001b[2J\n.csv';
    const block = errorBlock(new MillraceError('SOURCE_REFUSED', `${file} leads out`, { place: { file } }), 'info');
    expect(block).toContain('What:   a\\u001b[2J\n          .csv leads out');
    expect(block).toContain('Where:  file a\\u001b[2J\\n.csv');
  });

  it('tells no password, neither to people nor to programs', () => {
    const error = new Error('cannot parse postgres://u:geheim@h/d');
    expect(failureOf(error).message).toBe('cannot parse postgres://u:***@h/d');
    expect(errorBlock(error, 'debug')).not.toContain('geheim');
  });

  it('shows the stack and its causes at level debug', () => {
    const error = new MillraceError('KAFKA_UNREACHABLE', 'no broker', { cause: new Error('ECONNREFUSED') });
    expect(errorBlock(error, 'debug')).toMatch(/failure\.spec.*caused by Error: ECONNREFUSED/s);
  });
});

describe('exitCodeOfError', () => {
  it.each([
    [new MillraceError('CONFIG_INVALID', ''), 3],
    [new MillraceError('ENVIRONMENT_INVALID', ''), 3],
    [new CommandFailure('USAGE', '', ''), 3],
    [new CommandFailure('NOT_RUNNING', '', ''), 1],
    [new MillraceError('DIRECTORY_LOCKED', ''), 1],
    [new Error('anything'), 1],
  ])('%#: bad configuration and environment give 3, anything else 1', (error, code) => {
    expect(exitCodeOfError(error)).toBe(code);
  });
});
