import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFile, lastFailure } from './log-file.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-log-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('LogFile', () => {
  it('never passes its size and keeps the three files before', () => {
    const path = join(directory, 'logs', 'cleaner-1.log');
    const log = new LogFile(path, 10);
    for (let line = 1; line <= 6; line++) log.write(`line ${line}..\n`);
    log.close();
    const kept = [path, `${path}.1`, `${path}.2`, `${path}.3`].map((file) => readFileSync(file, 'utf8'));
    expect(kept).toEqual(['line 6..\n', 'line 5..\n', 'line 4..\n', 'line 3..\n']);
    expect(existsSync(`${path}.4`)).toBe(false);
  });

  it('goes on where an earlier process stopped', () => {
    const path = join(directory, 'a.log');
    for (const text of ['one\n', 'two\n']) {
      const log = new LogFile(path);
      log.write(text);
      log.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });
});

describe('lastFailure', () => {
  const lastOf = (...lines: string[]) => {
    const path = join(directory, 'service.log');
    writeFileSync(path, `${lines.join('\n')}\n`);
    return lastFailure(path);
  };

  it('is the last fatal line, with what caused it', () => {
    const fatal = JSON.stringify({ level: 'fatal', msg: 'failed', err: { message: 'KAFKA_BROKERS is not set' } });
    expect(lastOf(fatal, '{"level":"info","msg":"stopped"}', 'millrace: cleaner-1 ended')).toBe(
      'failed: KAFKA_BROKERS is not set',
    );
  });

  it('is the error of a script that did not load, not the end of its trace', () => {
    expect(lastOf('SyntaxError: no export named x', '    at async loader', '', 'Node.js v24')).toBe(
      'SyntaxError: no export named x',
    );
  });

  it('is the last line where nothing looks like a failure, and empty without a log', () => {
    expect(lastOf('one', 'two')).toBe('two');
    expect(lastFailure(join(directory, 'none.log'))).toBe('');
  });
});
