import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { apartFromPassword, requireSameServers, resolveEndpoints, shownDatabaseUrl } from './endpoints.js';
import type { SupervisorState } from './supervisor/state.js';

const state = {
  database_url: 'postgres://u:former@h/d?sslmode=require',
  kafka_brokers: 'a:1',
  embedded: false,
} as SupervisorState;
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'millrace-endpoints-'));
  vi.stubEnv('DATABASE_URL', undefined);
  vi.stubEnv('KAFKA_BROKERS', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

describe('the endpoints', () => {
  it('of a running Millrace have the password of the environment where that is a newer one', () => {
    expect(requireSameServers(state)).toEqual(state);
    const file = join(home, 'url');
    writeFileSync(file, 'postgres://u:newer@h/d?sslmode=require\n');
    vi.stubEnv('DATABASE_URL_FILE', file);
    expect(requireSameServers(state).database_url).toBe('postgres://u:newer@h/d?sslmode=require');
  });

  it('are refused where the environment names other servers', () => {
    vi.stubEnv('DATABASE_URL', 'postgres://u:former@other/d?sslmode=require');
    expect(() => requireSameServers(state)).toThrow(/DATABASE_URL names another server/);
  });

  it('come from the environment and its files where nothing runs', () => {
    const file = join(home, 'url');
    writeFileSync(file, 'postgres://u:geheim@h/d\n');
    vi.stubEnv('DATABASE_URL_FILE', file);
    vi.stubEnv('KAFKA_BROKERS', 'a:1');
    expect(resolveEndpoints(home)).toMatchObject({ database_url: 'postgres://u:geheim@h/d', embedded: false });
  });

  it('and their password can go different ways', () => {
    expect(apartFromPassword('postgres://u:a%2Fb@h/d?sslmode=require')).toEqual({
      url: 'postgres://u@h/d?sslmode=require',
      password: 'a/b',
    });
    expect(apartFromPassword('postgres://u@h/d?password=a%26b').password).toBe('a&b');
  });

  it("show the password of the embedded database, and of no other's", () => {
    const database_url = 'postgres://u:geheim@h/d';
    expect(shownDatabaseUrl({ database_url, embedded: true })).toBe(database_url);
    expect(shownDatabaseUrl({ database_url, embedded: false })).toBe('postgres://u:***@h/d');
  });
});
