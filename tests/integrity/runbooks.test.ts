import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, migrate, openDatabase } from '@millrace/postgres';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const RUNBOOKS = join(import.meta.dirname, '../../docs/runbooks');

/** Every statement: those of blocks, and those in a line that end with a semicolon. */
const statements = readdirSync(RUNBOOKS).flatMap((name) => {
  const text = readFileSync(join(RUNBOOKS, name), 'utf8');
  const blocks = [...text.matchAll(/```sql\n(.*?)```/gs)].flatMap(([, block]) => block.split(';'));
  const inline = [...text.matchAll(/`(select [^`]*;)`/gs)].map(([, statement]) => statement);
  return [...blocks, ...inline]
    .map((statement) => statement.trim())
    .filter(Boolean)
    .map((sql) => [name, sql] as const);
});

let url: string;
let db: Database;

beforeAll(async () => {
  url = await createDatabase(process.env.DATABASE_URL!, 'runbooks');
  await migrate(url);
  db = await openDatabase(url, { role: 'test', max: 1 });
});

afterAll(async () => {
  await db.close();
  await dropDatabase(url);
});

describe('SQL in runbooks', () => {
  it('is there', () => expect(statements.length).toBeGreaterThan(10));

  it.each(statements)('of %s runs: %s', async (_name, sql) => {
    expect(await db.query(sql)).toBeInstanceOf(Array);
  });
});
