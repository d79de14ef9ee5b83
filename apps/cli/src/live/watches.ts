import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import type { Database } from '@millrace/postgres';
import { InvalidArgumentError } from 'commander';

/** A directory that the ingestors watch for ever, as `millrace.watches` has it. */
export interface Watch {
  id: number;
  dataset: string;
  /** Absolute. */
  path: string;
  /** Of the last listing; null before the first. */
  listed_at: string | null;
  files: number | null;
  ignored: number | null;
  /** Entries that look like input and must not be read: links out of the directory, names that are no UTF-8. */
  refused: { name: string; code: string; reason: string }[];
  /** What the last listing met. */
  error: { code?: string; message?: string } | null;
  /** Files that are not right: changed, vanished, failed. */
  red: number;
}

/** What `--watch` and MILLRACE_WATCH name. */
export interface WatchRequest {
  dataset: string;
  /** Absolute. */
  path: string;
}

/** Reads `sales=DIR`. @throws InvalidArgumentError */
export function parseWatch(text: string): WatchRequest {
  const equals = text.indexOf('=');
  const [dataset, path] = [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
  if (equals < 1 || dataset === '' || path === '') {
    throw new InvalidArgumentError(`"${text}" is not of the form dataset=directory.`);
  }
  return { dataset, path: resolve(path) };
}

/** Of `MILLRACE_WATCH="sales=/a,sales=/b"`. @throws MillraceError ENVIRONMENT_INVALID */
export function watchesOf(environment: NodeJS.ProcessEnv = process.env): WatchRequest[] {
  const items = (environment.MILLRACE_WATCH ?? '').split(',').filter((item) => item.trim() !== '');
  try {
    return items.map(parseWatch);
  } catch (error) {
    throw new MillraceError('ENVIRONMENT_INVALID', `MILLRACE_WATCH: ${(error as Error).message}`);
  }
}

/** @throws MillraceError SOURCE_UNREADABLE */
export function requireDirectory(path: string): string {
  const absolute = resolve(path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) return absolute;
  throw new MillraceError('SOURCE_UNREADABLE', 'not a directory', { place: { file: absolute } });
}

/** @returns its id, and whether it was not watched before */
export async function addWatch(
  db: Pick<Database, 'query'>,
  { dataset, path }: WatchRequest,
): Promise<{ id: number; added: boolean }> {
  const [added] = await db.query<{ id: number }>(
    `insert into millrace.watches (dataset, path) values ($1, $2)
     on conflict (dataset, path) where removed_at is null do nothing returning id::float8 as id`,
    [dataset, path],
  );
  if (added) return { id: added.id, added: true };
  const [known] = await db.query<{ id: number }>(
    'select id::float8 as id from millrace.watches where dataset = $1 and path = $2 and removed_at is null',
    [dataset, path],
  );
  return { id: known.id, added: false };
}

/** @returns false when it was not watched */
export async function removeWatch(db: Pick<Database, 'query'>, { dataset, path }: WatchRequest): Promise<boolean> {
  const removed = await db.query(
    'update millrace.watches set removed_at = now() where dataset = $1 and path = $2 and removed_at is null returning id',
    [dataset, path],
  );
  return removed.length > 0;
}

export async function readWatches(db: Pick<Database, 'query'>): Promise<Watch[]> {
  return db.query<Watch>(
    `select id::float8 as id, dataset, path, to_json(listed_at)#>>'{}' as listed_at, files, ignored,
       coalesce(refused, '[]') as refused, error,
       (select count(*)::int from millrace.sources s where s.watch = watches.id and s.state in ('changed', 'vanished', 'failed')) as red
     from millrace.watches where removed_at is null order by id`,
  );
}
