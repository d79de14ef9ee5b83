import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { choosePorts } from './ports.js';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-ports-'));
  file = join(directory, 'ports.json');
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('ports', () => {
  it('stay the same from start to start', async () => {
    const first = await choosePorts(file);
    expect(new Set(Object.values(first)).size).toBe(3);
    expect(await choosePorts(file)).toEqual(first);
  });

  it('that are taken meanwhile are replaced, the others stay', async () => {
    const first = await choosePorts(file);
    const taker = createServer();
    await new Promise<void>((done) => taker.listen(first.kafka, '127.0.0.1', done));
    const second = await choosePorts(file);
    await new Promise((done) => taker.close(done));
    expect(second.kafka).not.toBe(first.kafka);
    expect(second.postgres).toBe(first.postgres);
  });

  it.each(['', '{', '{"kafka":"x","postgres":80}', '{"kafka":70000}'])(
    'do not trust a damaged file: %j',
    async (text) => {
      writeFileSync(file, text);
      const ports = Object.values(await choosePorts(file));
      expect(ports.every((port) => port > 1023 && port < 65_536)).toBe(true);
    },
  );
});
