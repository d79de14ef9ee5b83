import { createHash } from 'node:crypto';
import { parseConfig, planOf, SEMANTICS } from '@millrace/dataset';
import { describe, expect, it, vi } from 'vitest';
import { MissingPlans } from './missing-plans.js';
import { PlanRegistry, type RegisteredPlan } from './plan-registry.js';
import { currentPlan, currentPlans, type Plans } from './plans.js';

const configOf = (name: string, columns: string[]) =>
  parseConfig(
    `name: ${name}\nsource: { pattern: "*.csv" }\ntable: ${name}\nkey: id\ncolumns:\n${['id', ...columns]
      .map((column) => `  - { name: ${column}, type: text${column === 'id' ? ', required: true' : ''} }\n`)
      .join('')}`,
    `${name}.yaml`,
  );

function version(name: string, number: number, columns: string[] = []): RegisteredPlan {
  const config = configOf(name, columns);
  return { name, version: number, fingerprint: planOf(config).fingerprint, config };
}

/** What a release with these semantics registers a config as. */
function fingerprintBy(config: unknown, semantics: number): string {
  const sort = (_: string, value: unknown) =>
    value === null || typeof value !== 'object' || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  const content = { config, parts: (config as { parts: number }).parts, hash: 'murmur3-2x32', semantics };
  return createHash('sha256').update(JSON.stringify(content, sort)).digest('hex').slice(0, 16);
}

const one = version('people', 1);
const two = version('people', 2, ['name']);
const other = version('orders', 1);

/** A registry whose rows a test changes. */
function rig(rows: RegisteredPlan[] | Error, plans: Plans = new Map()) {
  const table = { rows, reads: 0 };
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const onNewDatasets = vi.fn();
  const reader = {
    read: async () => {
      table.reads++;
      if (table.rows instanceof Error) throw table.rows;
      return table.rows;
    },
    close: async () => {},
  };
  return { table, log, onNewDatasets, plans, registry: new PlanRegistry(plans, reader, log, onNewDatasets) };
}

describe('the registry of plans', () => {
  it('gives all versions, of which the last is current, whatever files say', async () => {
    const file = planOf(one.config);
    const { registry, plans } = rig([two, one, other], new Map([[file.fingerprint, file]]));
    expect(registry.isRegistered(one.fingerprint)).toBe(false);
    expect(await registry.refresh()).toBe(true);
    expect(registry.isRegistered(one.fingerprint)).toBe(true);
    expect(registry.unregistered()).toEqual([]);
    expect(currentPlan(plans, 'people')?.fingerprint).toBe(two.fingerprint);
    expect([...currentPlans(plans).keys()].sort()).toEqual(['orders', 'people']);
  });

  it('takes in a new version of a dataset while a service runs', async () => {
    const { registry, table, plans, onNewDatasets } = rig([one]);
    await registry.refresh();
    registry.watch();
    table.rows = [one, two];
    await registry.refresh();
    expect(currentPlan(plans, 'people')?.fingerprint).toBe(two.fingerprint);
    expect(plans.has(one.fingerprint)).toBe(true);
    expect(onNewDatasets).not.toHaveBeenCalled();
    await registry.stop();
  });

  it('tells of a new dataset, and leaves it to the process that is started next', async () => {
    const { registry, table, plans, onNewDatasets } = rig([one]);
    await registry.refresh();
    registry.watch();
    table.rows = [one, other];
    await registry.refresh();
    expect(onNewDatasets).toHaveBeenCalledWith(['orders']);
    expect(registry.isOutdated).toBe(true);
    expect(currentPlan(plans, 'orders')).toBeUndefined();
    await registry.stop();
  });

  it('that cannot be read changes nothing and is told once', async () => {
    const { registry, table, plans, log } = rig([one]);
    await registry.refresh();
    table.rows = new Error('no connection');
    expect(await registry.refresh()).toBe(false);
    expect(await registry.refresh()).toBe(false);
    expect(log.warn).toHaveBeenCalledTimes(1);
    expect(currentPlan(plans, 'people')?.fingerprint).toBe(one.fingerprint);
    table.rows = [one, two];
    expect(await registry.refresh()).toBe(true);
    expect(currentPlan(plans, 'people')?.fingerprint).toBe(two.fingerprint);
  });

  it('passes over a version that this program cannot read', async () => {
    const { registry, plans, log } = rig([one, { ...two, fingerprint: 'f'.repeat(16), config: { name: 7 } }]);
    await registry.refresh();
    await registry.refresh();
    expect(log.error).toHaveBeenCalledTimes(1);
    expect(currentPlan(plans, 'people')?.fingerprint).toBe(one.fingerprint);
  });

  it('knows a config of an earlier program by what it is now, as not registered', async () => {
    const { registry, plans } = rig([{ ...one, fingerprint: '0123456789abcdef' }]);
    await registry.refresh();
    expect([...plans.keys()]).toEqual([one.fingerprint]);
    expect(registry.unregistered().map(({ fingerprint }) => fingerprint)).toEqual([one.fingerprint]);
  });

  it('keeps a plan of an earlier release with other cleaning rules for what is under way, and has its own as the current one', async () => {
    const earlier = fingerprintBy(one.config, SEMANTICS - 1);
    const { registry, plans } = rig([{ ...one, fingerprint: earlier }]);
    for (let reads = 0; reads < 2; reads++) {
      await registry.refresh();
      expect([...plans].map(([fingerprint, { semantics }]) => [fingerprint, semantics])).toEqual([
        [earlier, SEMANTICS - 1],
        [one.fingerprint, SEMANTICS],
      ]);
    }
    expect(registry.isRegistered(earlier)).toBe(true);
    expect(registry.unregistered().map(({ fingerprint }) => fingerprint)).toEqual([one.fingerprint]);
  });

  it.each([
    ['other cleaning rules', one.config],
    ['a config that this one cannot read', { ...(one.config as object), of_later: true }],
  ])('says of a plan that a later release registered, with %s, that it must wait for that one', async (_, config) => {
    const later = { ...one, config, fingerprint: 'f'.repeat(16) };
    const { registry } = rig([later]);
    for (let asked = 0; asked < 2; asked++) {
      expect(await registry.ask(later.fingerprint)).toBeUndefined();
      expect(registry.whyMissing(later.fingerprint)).toMatchObject({ code: 'PLAN_SEMANTICS', retriable: true });
    }
    expect(registry.whyMissing('e'.repeat(16))).toBeUndefined();
  });

  it('that cannot be read says of no plan that it is unknown', async () => {
    const { registry, table } = rig(new Error('no connection'));
    expect(await registry.ask(one.fingerprint)).toBeUndefined();
    expect(registry.whyMissing(one.fingerprint)).toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
    table.rows = [one];
    expect((await registry.ask(one.fingerprint))?.name).toBe('people');
  });

  it('tells which plans of files are yet to be registered', async () => {
    const file = planOf(two.config);
    const { registry, plans } = rig([one], new Map([[file.fingerprint, file]]));
    await registry.refresh();
    expect(registry.unregistered()).toEqual([file]);
    expect(currentPlan(plans, 'people')?.fingerprint).toBe(one.fingerprint);
  });

  it('is asked for a fingerprint once a while, and not for those that are known', async () => {
    const { registry, table } = rig([one]);
    expect((await registry.ask(one.fingerprint))?.name).toBe('people');
    await registry.ask(one.fingerprint);
    expect(table.reads).toBe(1);
    expect(await registry.ask('f'.repeat(16))).toBeUndefined();
    expect(await registry.ask('f'.repeat(16))).toBeUndefined();
    expect(table.reads).toBe(2);
  });
});

describe('a message of an unknown plan', () => {
  /** Only the envelope's begin counts here. */
  const message = (fingerprint: string) => {
    const value = Buffer.alloc(28);
    value.write('MLR1', 0);
    value.write(fingerprint, 20, 'hex');
    return { value };
  };

  it('is looked for in the registry before it is refused', async () => {
    const { registry, table, plans } = rig([one, two], new Map([[one.fingerprint, planOf(one.config)]]));
    const missing = new MissingPlans(plans, registry);
    await missing.lookFor([message(one.fingerprint), { value: null }, message('0'.repeat(16))]);
    expect(table.reads).toBe(0);
    await missing.lookFor([message(two.fingerprint)]);
    expect(table.reads).toBe(1);
    expect(plans.has(two.fingerprint)).toBe(true);
  });

  it('that a later release registered is left to that one, and one that nobody registered is not', async () => {
    const { registry, plans } = rig([{ ...one, fingerprint: 'f'.repeat(16) }]);
    const missing = new MissingPlans(plans, registry);
    await missing.lookFor([message('e'.repeat(16))]);
    await expect(missing.lookFor([message('f'.repeat(16))])).rejects.toMatchObject({ code: 'PLAN_SEMANTICS' });
  });
});
