import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, releaseLeases, renewLeases, takeLeases } from '@millrace/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApplyFixture } from './apply-fixture.js';

let fixture: ApplyFixture;
let one: Database;
let two: Database;

beforeAll(async () => {
  fixture = await ApplyFixture.create();
  one = await fixture.connect('ingestor-1');
  two = await fixture.connect('ingestor-2');
});
beforeEach(() => fixture.clear());
afterAll(() => fixture.drop());

const TTL_MS = 60_000;
const subjects = ['source:3', 'source:1', 'watch:2'];
const expire = () => fixture.db.query(`update millrace.leases set until = clock_timestamp() - interval '1 ms'`);
const holders = async () =>
  Object.fromEntries(
    (
      await fixture.db.query<{ subject: string; owner: string }>(
        'select subject, owner from millrace.leases order by 1',
      )
    ).map(({ subject, owner }) => [subject, owner]),
  );

describe('a lease', () => {
  it('is held by one owner, and given in the order asked for', async () => {
    expect(await takeLeases(one, 'a', subjects, TTL_MS)).toEqual(subjects);
    expect(await takeLeases(two, 'b', ['source:9', ...subjects], TTL_MS)).toEqual(['source:9']);
    expect(await holders()).toEqual({ 'source:1': 'a', 'source:3': 'a', 'source:9': 'b', 'watch:2': 'a' });
  });

  it('is taken by an owner of the same name at once', async () => {
    await takeLeases(one, 'a', subjects, TTL_MS);
    expect(await takeLeases(two, 'a', ['watch:2', 'watch:2', 'source:1'], TTL_MS)).toEqual(['watch:2', 'source:1']);
  });

  it('is taken over once it has run out, and is then lost to the one before', async () => {
    expect(await takeLeases(one, 'a', subjects, 200)).toEqual(subjects);
    expect(await takeLeases(two, 'b', subjects, TTL_MS)).toEqual([]);
    await sleep(250);
    expect(await takeLeases(two, 'b', subjects.slice(0, 2), TTL_MS)).toEqual(subjects.slice(0, 2));
    expect(await renewLeases(one, 'a', subjects, TTL_MS)).toEqual(['watch:2']);
    expect(await takeLeases(one, 'a', subjects, TTL_MS)).toEqual(['watch:2']);
  });

  it('lasts as long as it is renewed', async () => {
    await takeLeases(one, 'a', subjects, TTL_MS);
    await expire();
    expect(await renewLeases(one, 'a', subjects, TTL_MS)).toEqual(subjects);
    expect(await takeLeases(two, 'b', subjects, TTL_MS)).toEqual([]);
    expect(await renewLeases(two, 'b', subjects, TTL_MS)).toEqual([]);
  });

  it('is free again when its owner gives it back, and nobody else can', async () => {
    await takeLeases(one, 'a', subjects, TTL_MS);
    await releaseLeases(two, 'b', subjects);
    expect(await takeLeases(two, 'b', subjects, TTL_MS)).toEqual([]);
    await releaseLeases(one, 'a', ['source:1', 'none']);
    expect(await takeLeases(two, 'b', subjects, TTL_MS)).toEqual(['source:1']);
    await releaseLeases(one, 'a', subjects);
    expect(await holders()).toEqual({ 'source:1': 'b' });
  });

  it('goes to exactly one of many that ask at the same time, in whatever order', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `source:${index}`);
    for (const prepare of [async () => {}, expire]) {
      await prepare();
      const taken = await Promise.all(
        ['c', 'd', 'e', 'f'].map((owner, index) =>
          takeLeases(index % 2 ? one : two, owner, index < 2 ? many : [...many].reverse(), TTL_MS),
        ),
      );
      expect(taken.flat().sort()).toEqual([...many].sort());
    }
  });

  it('of nothing is nothing', async () => {
    expect(await takeLeases(one, 'a', [], TTL_MS)).toEqual([]);
    expect(await renewLeases(one, 'a', [], TTL_MS)).toEqual([]);
    await releaseLeases(one, 'a', []);
    expect(await holders()).toEqual({});
  });
});
