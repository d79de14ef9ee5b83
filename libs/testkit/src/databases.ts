import { randomBytes } from 'node:crypto';
import { openDatabase } from '@millrace/postgres';

/** Makes an empty database with a name of its own on the server that `url` names. @returns its URL */
export async function createDatabase(url: string, prefix = 'test'): Promise<string> {
  const name = `${prefix.toLowerCase().replace(/[^a-z0-9]+/g, '_')}_${randomBytes(5).toString('hex')}`;
  await runOn(url, `create database "${name}"`);
  return withDatabase(url, name);
}

/** Drops a database that `createDatabase` made, whoever is still connected to it. */
export async function dropDatabase(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await runOn(withDatabase(url, 'postgres'), `drop database if exists "${name}" with (force)`);
}

function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

async function runOn(url: string, sql: string): Promise<void> {
  const server = await openDatabase(url, { role: 'testkit', max: 1 });
  try {
    await server.query(sql);
  } finally {
    await server.close();
  }
}
