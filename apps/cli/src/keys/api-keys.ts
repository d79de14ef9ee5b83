import { ALL_DATASETS, MAX_API_KEYS, mintApiKey } from '@millrace/contracts';
import type { Database } from '@millrace/postgres';
import { CommandFailure } from '../failure.js';

type Queryable = Pick<Database, 'query'>;

/** What a key is for. */
export interface KeyGrant {
  name: string;
  /** `*` is all of them. */
  datasets: string[];
  /** Null: without bound. */
  rows_per_second: number | null;
  bytes_per_second: number | null;
}

/** A key as it can be shown: there is no secret in it. */
export interface KeyRow extends KeyGrant {
  id: string;
  state: 'valid' | 'expired' | 'revoked';
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

const ROW = `id, name, datasets, rows_per_second, bytes_per_second, created_at, expires_at, revoked_at, last_used_at,
  case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' else 'valid' end as state`;

/** @param lifetime_s null: for ever @returns with the key itself, which is nowhere else @throws CommandFailure REFUSED */
export async function createKey(
  db: Queryable,
  { name, datasets, rows_per_second, bytes_per_second }: KeyGrant,
  lifetime_s: number | null,
): Promise<KeyRow & { key: string }> {
  const { id, key, hash } = mintApiKey();
  const [row] = await explained(() =>
    db.query<KeyRow>(
      `insert into millrace.api_keys (id, name, hash, datasets, rows_per_second, bytes_per_second, expires_at)
       select $1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7)
       where (select count(*) from millrace.api_keys where revoked_at is null) < $8
       returning ${ROW}`,
      [id, name, hash, datasets, rows_per_second, bytes_per_second, lifetime_s, MAX_API_KEYS],
    ),
  );
  if (row) return { ...row, key };
  throw new CommandFailure('REFUSED', `there are ${MAX_API_KEYS} keys already`, 'revoke some: npx millrace keys list');
}

/** The newest last. */
export function listKeys(db: Queryable): Promise<KeyRow[]> {
  return explained(() => db.query<KeyRow>(`select ${ROW} from millrace.api_keys order by created_at, id`));
}

export interface Revocation {
  id: string;
  name: string;
  revoked_at: Date;
  /** False: it was revoked before. */
  now: boolean;
  /** Keys that are not revoked; with none, this machine alone is served. */
  left: number;
}

/** @throws CommandFailure REFUSED for an id that there is none of */
export async function revokeKey(db: Queryable, id: string): Promise<Revocation> {
  const changed = await explained(() =>
    db.query('update millrace.api_keys set revoked_at = now() where id = $1 and revoked_at is null returning id', [id]),
  );
  const [row] = await db.query<Omit<Revocation, 'now'>>(
    `select id, name, revoked_at, (select count(*) from millrace.api_keys where revoked_at is null) as left
     from millrace.api_keys where id = $1`,
    [id],
  );
  if (row) return { ...row, now: changed.length > 0 };
  throw new CommandFailure('REFUSED', `there is no key with the id ${id}`, 'npx millrace keys list');
}

/** Of the datasets of a key those that nothing is known of yet: typing errors, perhaps. */
export async function unknownDatasets(db: Queryable, datasets: readonly string[]): Promise<string[]> {
  const rows = await explained(() => db.query<{ name: string }>('select distinct name from millrace.datasets'));
  const known = new Set([ALL_DATASETS, ...rows.map(({ name }) => name)]);
  return datasets.filter((dataset) => !known.has(dataset));
}

/** SQLSTATEs that are about the database as a whole: no such schema or table, no right to it. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === '42P01' || code === '3F000') {
      throw new CommandFailure('NOT_READY', 'the database has no table for keys yet', 'npx millrace migrate');
    }
    if (code === '42501') {
      const advice = 'use the credentials that migrate uses: those of the services may only read keys';
      throw new CommandFailure('REFUSED', 'this database user may not change keys', advice);
    }
    throw error;
  }
}
