import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { list, optional, readEnvironment, text, url } from './environment.js';
import { maskSecrets } from './secret-mask.js';
import { SECRET_VARIABLES, withSecrets } from './secrets.js';

const directory = mkdtempSync(join(tmpdir(), 'millrace-secrets-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function fileOf(content: string): string {
  const path = join(directory, `${Math.random()}`);
  writeFileSync(path, content);
  return path;
}

describe('secrets', () => {
  it('stand in the environment or in a file, whose last line end is none of theirs', () => {
    expect(withSecrets({ PGPASSWORD: ' a\n' }).PGPASSWORD).toBe(' a\n');
    expect(withSecrets({ PGPASSWORD_FILE: fileOf('from a file\n') })).toEqual({ PGPASSWORD: 'from a file' });
    expect(withSecrets({ PGPASSWORD_FILE: fileOf('windows\r\n') }).PGPASSWORD).toBe('windows');
    expect(withSecrets({ PGPASSWORD_FILE: fileOf(' two \n\n') }).PGPASSWORD).toBe(' two \n');
  });

  it.each(SECRET_VARIABLES)('of %s come from its file', (name) => {
    expect(withSecrets({ [`${name}_FILE`]: fileOf('postgres://u@h/d') })[name]).toBe('postgres://u@h/d');
  });

  it('are refused when given twice, when their file is not there, and when it is empty; without a value in the text', () => {
    const refused = (env: NodeJS.ProcessEnv, text: RegExp) => {
      let message = '';
      try {
        withSecrets(env);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENVIRONMENT_INVALID' });
        message = (error as Error).message;
      }
      expect(message).toMatch(text);
      expect(message).not.toContain('geheim');
    };
    refused({ PGPASSWORD: 'geheim', PGPASSWORD_FILE: fileOf('geheim') }, /PGPASSWORD and PGPASSWORD_FILE are both set/);
    refused(
      { PGPASSWORD_FILE: join(directory, 'none') },
      /PGPASSWORD_FILE names .*none, which cannot be read \(ENOENT\)/,
    );
    refused({ DATABASE_URL_FILE: directory }, /DATABASE_URL_FILE names .*cannot be read \(EISDIR\)/);
    refused({ PGPASSWORD_FILE: fileOf('\n') }, /which is empty/);
  });

  it('leave an environment without them as it is, and a file that is not asked for unread', () => {
    expect(withSecrets({ A: 'b', PGPASSWORD: '' })).toEqual({ A: 'b', PGPASSWORD: '' });
    expect(withSecrets({ PGPASSWORD_FILE: '/none' }, ['DATABASE_URL'])).toEqual({ PGPASSWORD_FILE: '/none' });
  });

  it('reach what reads the environment, which names all problems at once', () => {
    const schema = { DATABASE_URL: url(['postgres']), KAFKA_BROKERS: list(), PGPASSWORD: optional(text()) };
    const environment = { DATABASE_URL_FILE: fileOf('postgres://u@h/d\n'), KAFKA_BROKERS: 'a:1' };
    expect(readEnvironment(schema, environment).DATABASE_URL).toBe('postgres://u@h/d');
    expect(() => readEnvironment(schema, { DATABASE_URL_FILE: '/none', PGPASSWORD_FILE: '/none' })).toThrow(
      /^DATABASE_URL_FILE names \/none.*; PGPASSWORD_FILE names \/none.*; KAFKA_BROKERS is not set$/,
    );
    expect(() => readEnvironment(schema, { KAFKA_BROKERS_FILE: '/x' })).toThrow(/KAFKA_BROKERS is not set/);
  });
});

describe('a masked text', () => {
  it('has no password of a URL, however it is spelled', () => {
    expect(maskSecrets('at postgres://u:geheim@h:5432/d?x=1 and')).toBe('at postgres://u:***@h:5432/d?x=1 and');
    expect(maskSecrets('{"url":"postgres://u:a@b/c@h/d"}')).toBe('{"url":"postgres://u:***@h/d"}');
    expect(maskSecrets('postgres://h/d?password=geheim&sslpassword=geheim&a=b')).toBe(
      'postgres://h/d?password=***&sslpassword=***&a=b',
    );
  });

  it('keeps what is no password', () => {
    const plain = 'postgres://u@h:5432/d http://127.0.0.1:8080/metrics?a=b mail a:b@c';
    expect(maskSecrets(plain)).toBe(plain);
  });

  it('has no secret that was read, as text, in JSON or in a URL', () => {
    const secret = 'ge"heim\\lich/%41';
    withSecrets({ KAFKA_SASL_PASSWORD_FILE: fileOf(`${secret}\n`) });
    const texts = [secret, JSON.stringify({ a: secret }), encodeURIComponent(secret)];
    expect(texts.map(maskSecrets)).toEqual(['***', '{"a":"***"}', '***']);
  });
});
