import { randomBytes } from 'node:crypto';
import { planOf } from '@millrace/dataset';
import {
  books,
  claimKey,
  compactSources,
  createApplier,
  type Database,
  ensureDataset,
  migrate,
  openDatabase,
  pendingMigrations,
  replaceDataset,
  takeLeases,
} from '@millrace/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rightsNow } from '../../libs/postgres/src/roles/grant-rights.js';
import { type Privilege, RIGHTS } from '../../libs/postgres/src/roles/rights.js';
import { ownPostgres } from '../harness/own-postgres.js';
import { dirtyChunks } from './apply-chunks.js';
import { ApplyFixture, inOrder, messagesOf } from './apply-fixture.js';
import { sales } from './sales-batches.js';

let server: Awaited<ReturnType<typeof ownPostgres>>;
let superuser: Database;
const opened: Database[] = [];
const PASSWORD = randomBytes(8).toString('hex');

const urlOf = (user: string, database: string) =>
  Object.assign(new URL(server.url), { username: user, password: PASSWORD, pathname: `/${database}` }).href;

async function connect(user: string, database: string): Promise<Database> {
  const db = await openDatabase(urlOf(user, database), { role: `test-${user}`, max: 2 });
  opened.push(db);
  return db;
}

/** As the superuser. */
async function onDatabase<T>(database: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = await openDatabase(Object.assign(new URL(server.url), { pathname: `/${database}` }).href, { max: 1 });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

const ownerOf = async (table: string, db: Database) =>
  (await db.query<{ owner: string }>(`select tableowner as owner from pg_tables where tablename = $1`, [table]))[0]
    ?.owner;

const PERMISSION = expect.objectContaining({ code: '42501' });

beforeAll(async () => {
  server = await ownPostgres();
  superuser = await openDatabase(server.url, { role: 'test', max: 1 });
  opened.push(superuser);
  for (const [user, may] of Object.entries({
    plain: '',
    maker: 'createrole',
    second: 'createrole',
    service: '',
    other_service: '',
    analyst: '',
  })) {
    await superuser.query(`create role ${user} login ${may} password '${PASSWORD}'`);
  }
  for (const user of ['plain', 'maker', 'second']) await superuser.query(`create database of_${user} owner ${user}`);
});

afterAll(async () => {
  await Promise.all(opened.map((db) => db.close()));
  await server?.stop();
});

describe('an owner that may not make roles', () => {
  it('migrates without them, and is told what an administrator runs', async () => {
    const db = await connect('plain', 'of_plain');
    expect(await pendingMigrations(db)).toHaveLength(4);
    const { applied, roles } = await migrate(urlOf('plain', 'of_plain'));
    expect(applied).toHaveLength(4);
    expect(await pendingMigrations(db)).toEqual([]);
    expect(roles).toMatchObject({ state: 'missing', granted: [], given: [] });
    expect(roles.administrator_sql).toEqual([
      'create role millrace_writer nologin',
      'create role millrace_reader nologin',
      'grant millrace_writer to "plain"',
    ]);
    await ensureDataset(db, sales);
    expect(await ownerOf('sales', db)).toBe('plain');
  });
});

describe('roles', () => {
  it('are made once, though several migrate several databases of a server at the same time', async () => {
    const reports = await Promise.all([
      migrate(urlOf('maker', 'of_maker')),
      migrate(urlOf('second', 'of_second')),
      migrate(urlOf('maker', 'of_maker')),
    ]);
    expect(reports.map(({ applied }) => applied.length).sort()).toEqual([0, 4, 4]);
    expect(reports.some(({ roles }) => roles.state === 'made')).toBe(true);
    expect(
      await superuser.query(`select rolname, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles
        where rolname like 'millrace\\_%' order by 1`),
    ).toEqual(
      ['millrace_reader', 'millrace_writer'].map((rolname) => ({
        ...{ rolname, rolcanlogin: false, rolsuper: false, rolcreaterole: false, rolcreatedb: false },
        rolbypassrls: false,
      })),
    );
    // Of two that may make roles only the one that did may hand them on.
    for (const user of ['maker', 'second']) await superuser.query(`grant millrace_writer to ${user}`);
    for (const user of ['maker', 'second']) {
      const { roles } = await migrate(urlOf(user, `of_${user}`));
      expect(roles).toMatchObject({ state: 'there', administrator_sql: [] });
      expect((await migrate(urlOf(user, `of_${user}`))).roles).toEqual({
        ...{ state: 'there', granted: [], given: [], administrator_sql: [] },
      });
    }
  });

  it('that come later get their rights, and the tables that are there', async () => {
    const url = urlOf('plain', 'of_plain');
    expect((await migrate(url)).roles).toMatchObject({
      state: 'there',
      granted: [],
      given: [],
      administrator_sql: ['grant millrace_writer to "plain"'],
    });
    await superuser.query('grant millrace_writer to plain');
    const { roles } = await migrate(url);
    expect(roles.given).toEqual(expect.arrayContaining(['millrace.duplicates_named', 'sales', 'sales_daily']));
    expect(roles.administrator_sql).toEqual([]);
    expect(await ownerOf('sales', await connect('plain', 'of_plain'))).toBe('millrace_writer');
  });

  it('have a right to each table and view that is listed, and to no other', async () => {
    const db = await connect('maker', 'of_maker');
    const relations = await db.query<{ name: string }>(
      `select relname::text as name from pg_class
       where relnamespace = 'millrace'::regnamespace and relkind in ('r', 'v', 'm', 'p', 'f') order by 1`,
    );
    expect(relations.map(({ name }) => name)).toEqual(Object.keys(RIGHTS).sort());
    const wanted = Object.entries(RIGHTS).flatMap(([relation, rights]) =>
      (['writer', 'reader'] as const).flatMap((who) =>
        (Object.entries(rights[who]) as [Privilege, readonly string[] | '*'][]).flatMap(([privilege, of]) =>
          (of === '*' ? [null] : of).map((column) => ({ relation, role: `millrace_${who}`, privilege, column })),
        ),
      ),
    );
    const order = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    expect((await rightsNow(db)).sort(order)).toEqual(wanted.sort(order));
  });

  it('lose what somebody gave them besides', async () => {
    const db = await connect('maker', 'of_maker');
    await db.query(
      'grant select on millrace.api_keys to millrace_reader; grant update on millrace.migrations to millrace_writer',
    );
    expect((await migrate(urlOf('maker', 'of_maker'))).roles.granted.sort()).toEqual(['api_keys', 'migrations']);
  });
});

describe('a service that is a member of millrace_writer', () => {
  let service: Database;
  let fixture: ApplyFixture;

  beforeAll(async () => {
    service = await connect('service', 'of_maker');
    expect(await pendingMigrations(service)).toEqual([
      expect.stringMatching(/^rights of service .*grant millrace_writer/),
    ]);
    await expect(migrate(urlOf('service', 'of_maker'))).rejects.toMatchObject({
      code: 'ENVIRONMENT_INVALID',
      message: expect.stringContaining('run millrace migrate'),
    });
    await superuser.query('grant millrace_writer to service, other_service; grant millrace_reader to analyst');
    fixture = await ApplyFixture.open(urlOf('service', 'of_maker'));
    opened.push(fixture.db);
  });

  it('finds nothing pending, and migrates to no effect', async () => {
    expect(await pendingMigrations(service)).toEqual([]);
    expect(await migrate(urlOf('service', 'of_maker'))).toMatchObject({ applied: [], roles: { state: 'not_owner' } });
  });

  it("makes tables that are the role's, so that another one may change them, and a reader reads them at once", async () => {
    const config = {
      ...{ name: 'parcels', table: 'parcels', key: 'id' },
      columns: [
        { name: 'id', type: 'text', required: true },
        { name: 'weight', type: 'integer', default: '0' },
        { name: 'region', type: 'text', default: 'none', dimension: true },
      ],
      gold: [
        { table: 'parcels_by_region', dimensions: ['region'], measures: { parcels: 'count', weight: 'sum(weight)' } },
      ],
      top_n: [{ view: 'heaviest', of: 'parcels_by_region', by: 'weight' }],
    };
    expect(await ensureDataset(service, planOf(config))).toEqual({ name: 'parcels', version: 1 });
    const columns = [...config.columns, { name: 'colour', type: 'text', default: null }];
    const other = await connect('other_service', 'of_maker');
    expect(await ensureDataset(other, planOf({ ...config, columns }))).toEqual({ name: 'parcels', version: 2 });
    await service.query(`insert into parcels (id, weight, region, _source, _record) values ('a', 3, 'west', 1, 1)`);
    const analyst = await connect('analyst', 'of_maker');
    expect(await analyst.query('select id, colour from parcels')).toEqual([{ id: 'a', colour: null }]);
    // Gold is made anew with the type of what it sums up.
    const wider = columns.map((column) => (column.name === 'weight' ? { ...column, type: 'bigint' } : column));
    expect(await ensureDataset(service, planOf({ ...config, columns: wider }))).toMatchObject({ version: 3 });
    expect(await analyst.query('select region, weight, rank from heaviest')).toEqual([
      { region: 'west', weight: '3', rank: 1 },
    ]);
    expect(await replaceDataset(other, planOf({ ...config, columns: wider }))).toMatchObject({ version: 3 });
    expect(await analyst.query('select * from parcels')).toEqual([]);
    const made = ['parcels', 'parcels_by_region'];
    for (const table of made) expect(await ownerOf(table, service)).toBe('millrace_writer');
  });

  it('applies, replaces, rejects and compacts, takes leases, claims keys', async () => {
    const chunks = dirtyChunks({ sources: 2, chunks: 3, rows: 30 });
    await fixture.register(chunks, 'inbox');
    const applier = createApplier(fixture.db);
    // The later chunk first, so that rows are replaced.
    const messages = inOrder(messagesOf(new Map([...chunks].reverse()), 'all'));
    for (let at = 0; at < messages.length; at += 5) await applier.apply(messages.slice(at, at + 5));
    expect((await books(fixture.db)).map(({ balanced, complete }) => ({ balanced, complete }))).toEqual(
      [1, 2].map(() => ({ balanced: true, complete: true })),
    );
    expect(await compactSources(fixture.db, { dataset: 'sales' })).toHaveLength(2);
    expect(await takeLeases(service, 'ingestor-1', ['source:1'], 1000)).toEqual(['source:1']);
    const request = { dataset: 'sales', key: 'k', body_hash: Buffer.alloc(32), rows: 1 };
    expect(await claimKey(service, request)).toMatchObject({ state: 'new' });
    expect(
      await service.query(`update millrace.api_keys set last_used_at = now() where id = 'none' returning id`),
    ).toEqual([]);
  });

  it.each([
    'alter table millrace.chunks add column mine int',
    'create table millrace.mine (n int)',
    'create or replace view millrace.books as select 1',
    'drop table millrace.ledger',
    'drop schema millrace cascade',
    'truncate millrace.chunks',
    `insert into millrace.api_keys (id, name, hash, datasets) values ('x', 'x', '', '{*}')`,
    `update millrace.api_keys set datasets = '{*}'`,
    'delete from millrace.api_keys',
    `insert into millrace.migrations (timestamp, name) values (1, 'x')`,
    'delete from millrace.migrations',
    'delete from millrace.datasets',
    'update millrace.drift_events set detail = null',
    'create role mine',
  ])('is refused: %s', async (sql) => {
    await expect(service.query(sql)).rejects.toEqual(PERMISSION);
  });

  it('may not change a table that is not its own, and is told why', async () => {
    await onDatabase('of_maker', (db) => db.query('create table public.foreign_orders (id text not null)'));
    const plan = planOf({
      ...{ name: 'foreign_orders', table: 'foreign_orders', key: 'id', if_table_exists: 'append' },
      columns: [{ name: 'id', type: 'text', required: true }],
    });
    await expect(ensureDataset(service, plan)).rejects.toMatchObject({
      code: 'ENVIRONMENT_INVALID',
      message: expect.stringContaining('must be owner of table foreign_orders'),
    });
  });

  it('runs no trigger of a table with the rights of the owner of the schema', async () => {
    const config = {
      ...{ name: 'traps', table: 'traps', key: 'id' },
      columns: [
        { name: 'id', type: 'text', required: true },
        { name: 'kind', type: 'text', default: 'x', dimension: true },
      ],
    };
    await ensureDataset(service, planOf(config));
    await service.query(`create table public.trapped (who text); grant insert on public.trapped to public;
      create function public.trap() returns trigger language plpgsql as 'begin insert into public.trapped values (current_user); return new; end';
      create trigger trap before update on public.traps for each row execute function public.trap();
      insert into public.traps (id, kind, _source, _record) values ('a', 'b', 1, 1)`);
    const maker = await connect('maker', 'of_maker');
    const gold = [{ table: 'traps_by_kind', dimensions: ['kind'], where: `kind <> 'c'`, measures: { n: 'count' } }];
    await ensureDataset(maker, planOf({ ...config, gold }));
    expect(await service.query('select distinct who from public.trapped')).toEqual([{ who: 'millrace_writer' }]);
  });
});

describe("a service that names a table of somebody else as a dataset's", () => {
  it('does not get it', async () => {
    const service = await connect('service', 'of_maker');
    await (await connect('maker', 'of_maker')).query('create table public.payroll (n int)');
    await service.query(`insert into millrace.datasets (name, version, fingerprint, config, table_name, key_columns)
      values ('payroll', 1, 'x', '{}', 'payroll', '{}')`);
    expect((await migrate(urlOf('maker', 'of_maker'))).roles.given).toEqual([]);
    expect(await ownerOf('payroll', service)).toBe('maker');
    await expect(service.query('select * from public.payroll')).rejects.toEqual(PERMISSION);
  });
});

describe('an analyst that is a member of millrace_reader', () => {
  let analyst: Database;

  beforeAll(async () => {
    analyst = await connect('analyst', 'of_maker');
    const service = await connect('service', 'of_maker');
    await service.query(`insert into millrace.rejects (source, record, dataset, "column", code, value, raw)
      values (1, 9, 'sales', 'email', 'not_email', 'secret', 'secret')`);
  });

  it('reads datasets, gold, duplicates with their winners, books, and rejects without what was rejected', async () => {
    expect(await analyst.query('select count(*) > 0 as rows from public.sales')).toEqual([{ rows: true }]);
    expect(await analyst.query('select count(*) > 0 as rows from public.sales_daily')).toEqual([{ rows: true }]);
    expect(await analyst.query('select source, path, rows_in from millrace.books order by 1')).toHaveLength(2);
    expect(await analyst.query('select key, winner_record from millrace.duplicates_named limit 1')).toHaveLength(1);
    expect(await analyst.query(`select path, record, code from millrace.rejects_located`)).toMatchObject([
      { record: 9, code: 'not_email' },
    ]);
  });

  it.each([
    'select raw from millrace.rejects',
    'select value from millrace.rejects',
    'select * from millrace.rejects_located',
    'select value from millrace.rejects_located',
    'select * from millrace.api_keys',
    'select * from millrace.offsets',
    'select * from millrace.requests',
    'select header from millrace.sources',
    'select context from millrace.sources',
    'select reason from millrace.set_aside',
    'delete from public.sales',
    'insert into public.sales_daily default values',
    `insert into millrace.scans (dataset, path, fingerprint) values ('sales', '/', '')`,
    'create table public.mine (n int)',
    'create view millrace.mine as select 1',
    'set role millrace_writer',
  ])('is refused: %s', async (sql) => {
    await expect(analyst.query(sql)).rejects.toEqual(PERMISSION);
  });
});
