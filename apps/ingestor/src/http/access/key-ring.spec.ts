import { MillraceError } from '@millrace/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HttpProblem } from '../problem.js';
import { covers, KeyRing } from './key-ring.js';

const row = (id: string, more: object = {}) => ({
  ...{ id, hash: Buffer.alloc(32), datasets: ['sales'], rows_per_second: null, bytes_per_second: null },
  ...{ remaining_ms: null, ...more },
});

/** A database that has these keys, and is away when told so. */
function database() {
  const state = { rows: [row('a')], away: false, told: [] as string[][] };
  const query = async <T>(sql: string, params?: readonly unknown[]): Promise<T[]> => {
    if (state.away) throw new MillraceError('POSTGRES_UNREACHABLE', 'away');
    if (sql.startsWith('update')) state.told.push((params as [string[]])[0]);
    return (sql.startsWith('select') ? state.rows : []) as T[];
  };
  return { state, db: { query } };
}

const log = { warn: vi.fn(), info: vi.fn() };

/** On vitest's clock. */
async function openRing(stale_ms = 10_000) {
  const { state, db } = database();
  const ring = new KeyRing(db, log, stale_ms, () => Date.now());
  await ring.open();
  return { state, ring, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
}

beforeEach(() => {
  vi.useFakeTimers();
  log.warn.mockClear();
  log.info.mockClear();
});
afterEach(() => vi.useRealTimers());

describe('the ring of keys', () => {
  it('knows new keys and revocations without being opened again', async () => {
    const { state, ring, pass } = await openRing();
    expect([...ring.keys.keys()]).toEqual(['a']);
    state.rows = [row('b'), row('c')];
    await pass(1000);
    expect([...ring.keys.keys()]).toEqual(['b', 'c']);
    state.rows = [];
    await pass(1000);
    expect(ring.keys.size).toBe(0);
    await ring.stop();
    state.rows = [row('d')];
    await pass(5000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps the last known keys for its bound when PostgreSQL is away, then lets nobody in until it is back', async () => {
    const { state, ring, pass } = await openRing();
    state.away = true;
    await pass(9000);
    expect(ring.keys.size).toBe(1);
    await pass(2000);
    expect(() => ring.keys).toThrow(HttpProblem);
    expect(() => ring.keys).toThrow(/cannot be told/);
    expect(log.warn).toHaveBeenCalledTimes(1);
    state.away = false;
    state.rows = [];
    await pass(1000);
    expect(ring.keys.size).toBe(0);
    expect(log.info).toHaveBeenCalledTimes(1);
  });

  it('cannot be opened without PostgreSQL', async () => {
    const { state, db } = database();
    state.away = true;
    await expect(new KeyRing(db, log, 1000).open()).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
  });

  it('ends a key at its time, also between two readings', async () => {
    const { state, ring, pass } = await openRing();
    state.rows = [row('a', { remaining_ms: 1500 })];
    await pass(1000);
    state.away = true;
    await pass(1499);
    const key = [...ring.keys.values()][0];
    expect(ring.isExpired(key)).toBe(false);
    await pass(1);
    expect(ring.isExpired(key)).toBe(true);
  });

  it('keeps what a key has used up, until its rates change', async () => {
    const { state, ring, pass } = await openRing();
    state.rows = [row('a', { rows_per_second: 10 })];
    await pass(1000);
    ring.keys.get('a')?.quota.takeRows(1000);
    await pass(1000);
    expect(() => ring.keys.get('a')?.quota.check()).toThrow(/10 rows a second/);
    state.rows = [row('a', { rows_per_second: 20 })];
    await pass(1000);
    expect(() => ring.keys.get('a')?.quota.check()).not.toThrow();
  });

  it('writes down that keys were used, each at most once a minute', async () => {
    const { state, ring, pass } = await openRing();
    state.rows = [row('a'), row('b'), row('c')];
    await pass(1000);
    const use = (...ids: string[]) => {
      for (const id of ids) Object.assign(ring.keys.get(id) ?? {}, { used: true });
    };
    use('a', 'b');
    await pass(1000);
    use('a', 'c');
    await pass(30_000);
    expect(state.told).toEqual([['a', 'b'], ['c']]);
    await pass(30_000);
    expect(state.told).toEqual([['a', 'b'], ['c'], ['a']]);
    await pass(120_000);
    expect(state.told).toHaveLength(3);
  });

  it('of a key knows what it is for', () => {
    expect(covers({ datasets: ['sales', 'people'] }, 'people')).toBe(true);
    expect(covers({ datasets: ['sales'] }, 'people')).toBe(false);
    expect(covers({ datasets: ['sales'] }, '*')).toBe(false);
    expect(covers({ datasets: ['*'] }, 'people')).toBe(true);
  });
});
