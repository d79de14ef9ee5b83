import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Chunk, topicsOf } from '@millrace/contracts';
import { type DatasetPlan, parseConfig, planOf, withEvolved } from '@millrace/dataset';
import { effectivePlan, ensureDataset, readPlans } from '@millrace/postgres';
import { currentPlan, PlanRegistry } from '@millrace/stage';
import { createLogger } from '@millrace/telemetry';
import { describe, expect, it } from 'vitest';
import { PlanRegistration } from '../../apps/ingestor/src/plan-registration.js';
import { peopleConfig } from '../harness/people.js';
import { until } from '../harness/until.js';
import { rig, withIngestorRig } from './with-ingestor-rig.js';

withIngestorRig('drift');

interface Drift {
  kind: string;
  column_name: string;
  action: string;
  source: number;
}

const driftsOf = (scan: number) =>
  rig.db.query<Drift>('select * from millrace.drift_events where scan = $1 order by id', [scan]);

/** The rig's dataset with another policy: a version of its own. */
async function withPolicy(drift: string): Promise<DatasetPlan> {
  const config = rig.plan.config as { source: object };
  const plan = planOf({ ...config, source: { ...config.source, drift } });
  await ensureDataset(rig.db, plan, { current: true });
  return plan;
}

/** One scan under a plan. @returns its id */
async function scanUnder(plan: DatasetPlan): Promise<number> {
  const id = await rig.request(rig.directory, plan.fingerprint);
  const flow = rig.run({ plans: new Map([[plan.fingerprint, plan]]) });
  await rig.ended(id);
  await flow.stop();
  return id;
}

async function published(name: string): Promise<Chunk[]> {
  const { id } = await rig.source(name);
  return (await rig.bronze()).filter(({ source }) => source === id);
}

describe('a source that is found to be of another dialect', () => {
  it('is sent with what was found, which a restart keeps', async () => {
    rig.write('semi.csv', `id;name\n${Array.from({ length: 20 }, (_, id) => `${id};"a;b"\n`).join('')}`);
    const id = await rig.request();
    const { exit } = rig.spawn({ MILLRACE_FAULT: 'ingestor.after_register:1', MILLRACE_INSTANCE: 'first' });
    expect(await exit).toBe('SIGKILL');
    const [{ context }] = await rig.db.query<{ context: object }>(
      'select context from millrace.sources where path = $1',
      [rig.at('semi.csv')],
    );
    expect(context).toMatchObject({
      format: 'csv',
      path: 'semi.csv',
      dialect: { delimiter: ';' },
      names: ['id', 'name'],
    });
    // Whoever goes on must take this, and not look again.
    await rig.db.query(`update millrace.sources set context = context || '{"names": ["id", "kept"]}' where path = $1`, [
      rig.at('semi.csv'),
    ]);
    expect((await rig.finish(id, 'first')).state).toBe('finished');
    const [chunk] = await published('semi.csv');
    expect(chunk.context).toMatchObject({ dialect: { delimiter: ';' }, names: ['id', 'kept'] });
    expect(chunk.records).toBe(20);
  });
});

describe('schema drift', () => {
  it('that evolves adds the column before any file of the listing is cut, once', async () => {
    rig.write('a.csv', 'id,name\n1,a\n');
    rig.write('b.csv', 'id,name,note\n2,b,x\n');
    const id = await rig.request();
    expect((await rig.finish(id)).state).toBe('finished');
    const evolved = planOf(withEvolved(rig.plan.config, [{ name: 'note', header: 'note', type: 'text' }]));
    for (const name of ['a.csv', 'b.csv']) expect((await published(name))[0].plan).toBe(evolved.fingerprint);
    const { id: source } = await rig.source('b.csv');
    expect(await driftsOf(id)).toMatchObject([{ kind: 'new', column_name: 'note', action: 'evolved', source }]);
    const table = `select column_name from information_schema.columns where table_name = $1`;
    expect((await rig.db.query(table, [rig.plan.table])).map(({ column_name }) => column_name)).toContain('note');
    const schemas = 'select fields from millrace.observed_schemas where scan = $1 order by id';
    expect(await rig.db.query(schemas, [id])).toHaveLength(2);
    const again = await rig.request();
    rig.write('c.csv', 'id,name,note\n3,c,y\n');
    await rig.finish(again);
    expect(await rig.db.query('select name from millrace.evolved_columns where dataset = $1', [rig.plan.name])).toEqual(
      [{ name: 'note' }],
    );
  });

  it('that is rejected refuses the file and nothing else, until the config takes it', async () => {
    rig.write('good.csv', 'id,name\n1,a\n');
    rig.write('other.csv', 'id,title\n2,b\n');
    const id = await scanUnder(await withPolicy('reject'));
    expect((await rig.scanRow(id)).state).toBe('finished');
    expect(await rig.source('good.csv')).toMatchObject({ state: 'cut', error: null });
    const refused = await rig.source('other.csv');
    expect(refused).toMatchObject({ state: 'failed', settled: true, error: { code: 'SCHEMA_DRIFT' } });
    expect(refused.error?.message).toContain('new "title"');
    expect(await published('other.csv')).toEqual([]);
    const [book] = await rig.db.query('select balanced from millrace.books where source = $1', [refused.id]);
    expect(book).toEqual({ balanced: false });
    expect((await driftsOf(id)).map(({ kind, action }) => `${action} ${kind}`)).toEqual([
      'rejected new',
      'reported missing',
    ]);

    await scanUnder(await withPolicy('ignore'));
    expect(await rig.source('other.csv')).toMatchObject({ id: refused.id, state: 'cut', error: null });
    expect((await published('other.csv'))[0].records).toBe(1);
  });

  it('that is ignored is only noted', async () => {
    const plan = await withPolicy('ignore');
    rig.write('a.csv', 'id,title\n1,a\n');
    const id = await scanUnder(plan);
    expect((await driftsOf(id)).map(({ action }) => action)).toEqual(['ignored', 'ignored']);
    expect((await published('a.csv'))[0].plan).toBe(plan.fingerprint);
  });

  it('of a watched file is found when its header is whole, and evolves', async () => {
    const plan = await withPolicy('evolve');
    rig.write('a.csv', 'id,name,si');
    rig.write('semi.csv', `id;name\n${'1;a\n'.repeat(9)}`);
    await rig.watch();
    const flow = rig.run({ plans: new Map([[plan.fingerprint, plan]]), quiet_ms: 300 });
    await until(async () => (await rig.sources()).length === 2);
    rig.write('a.csv', 'id,name,size\n1,a,2\n');
    await until(async () => (await published('a.csv')).length + (await published('semi.csv')).length === 2);
    await rig.settled();
    await flow.stop();
    const [chunk] = await published('a.csv');
    const versions = await rig.db.query<{ fingerprint: string }>(
      'select fingerprint from millrace.datasets where name = $1 order by version desc limit 1',
      [plan.name],
    );
    expect(chunk.plan).toBe(versions[0].fingerprint);
    expect(chunk.plan).not.toBe(plan.fingerprint);
    // Of another dialect it can be told what only once the file is quiet.
    const [semi] = await published('semi.csv');
    expect(semi).toMatchObject({ records: 9, context: { names: ['id', 'name'], dialect: { delimiter: ';' } } });
  });
});

describe('a config that changes the table', () => {
  it('waits until work under the former one is at its end', async () => {
    const former = await withPolicy('ignore');
    const scan = await rig.request(rig.directory, former.fingerprint);
    const config = former.config as { columns: object[] };
    const columns = config.columns.map((column, index) =>
      index === 1 ? { ...column, type: 'json', default: null } : column,
    );
    const plan = planOf({ ...config, columns });
    const log = createLogger({ service: 'ingestor', instance: 'rig', level: 'silent' });
    const reader = { read: () => readPlans(rig.db), close: async () => {} };
    const plans = new Map([[plan.fingerprint, plan]]);
    const registry = new PlanRegistry(plans, reader, log, () => {});
    const registration = new PlanRegistration(rig.db, registry, log);
    await registration.begin();
    expect(currentPlan(plans, plan.name)?.fingerprint).toBe(former.fingerprint);
    await rig.db.query(`update millrace.scans set state = 'finished' where id = $1`, [scan]);
    const ending = new AbortController();
    const running = registration.run(ending.signal).catch((error) => error);
    // With the columns that were found before.
    const { fingerprint } = await effectivePlan(rig.db, plan);
    const isCurrent = () => currentPlan(plans, plan.name)?.fingerprint === fingerprint;
    await Promise.race([until(isCurrent), running]);
    ending.abort(new Error('the test ends it'));
    expect((await running).message).toBe('the test ends it');
    await ensureDataset(rig.db, former, { current: true });
  });
});

describe('an ingestor without files of configs', () => {
  it('knows datasets by the registry, takes in their versions while it runs, and ends for new datasets', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'millrace-none-'));
    const other = planOf(parseConfig(peopleConfig(`${rig.plan.name}_other`), 'other.yaml'));
    try {
      const { exit } = rig.spawn({ MILLRACE_DATASETS: empty, MILLRACE_INSTANCE: 'bare' });
      rig.write('a.csv', 'id,name\n1,a\n');
      const first = await rig.request(rig.directory, (await withPolicy('ignore')).fingerprint);
      await rig.ended(first);
      expect((await rig.scanRow(first)).state).toBe('finished');
      const config = rig.plan.config as { null_words: string[] };
      const version = planOf({ ...config, null_words: ['-'] });
      await ensureDataset(rig.db, version);
      rig.write('b.csv', 'id,name\n2,-\n');
      await rig.ended(await rig.request(rig.directory, version.fingerprint));
      expect((await published('b.csv'))[0].plan).toBe(version.fingerprint);
      await ensureDataset(rig.db, other);
      expect(await exit).toBe(75);
    } finally {
      rmSync(empty, { recursive: true });
      await rig.kafka.deleteTopics(topicsOf(other.name, other.parts).map(({ topic }) => topic)).catch(() => {});
    }
  });
});
