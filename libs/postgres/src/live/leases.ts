import type { Queryable } from '../database.js';

/** Only the server's clock counts, read when the row is in hand: those of the owners' machines may differ. */
const UNTIL = `clock_timestamp() + $3 * interval '1 millisecond'`;

/**
 * Takes what is free, has expired, or is held under this owner's name already (a process that was restarted).
 * @param subjects e.g. `source:17`
 * @returns those now held, in the order given
 */
export async function takeLeases(
  db: Queryable,
  owner: string,
  subjects: readonly string[],
  ttl_ms: number,
): Promise<string[]> {
  if (subjects.length === 0) return [];
  // In order, so that two that take the same leases do not wait for each other in a circle; of two that meet in one row, the
  // second sees what the first has made of it.
  const rows = await db.query<{ subject: string }>(
    `insert into millrace.leases as l (subject, owner, until)
     select subject, $1, ${UNTIL} from (select distinct unnest($2::text[]) as subject) as wanted
     where not exists (
       select from millrace.leases held
       where held.subject = wanted.subject and held.owner <> $1 and held.until > clock_timestamp())
     order by subject
     on conflict (subject) do update set owner = excluded.owner, until = ${UNTIL}
     where l.owner = excluded.owner or l.until <= clock_timestamp()
     returning subject`,
    [owner, subjects, ttl_ms],
  );
  return inOrder(subjects, rows);
}

/**
 * Prolongs what is still this owner's: also what has expired, as long as nobody else took it in between.
 * @returns those still held, in the order given
 */
export async function renewLeases(
  db: Queryable,
  owner: string,
  subjects: readonly string[],
  ttl_ms: number,
): Promise<string[]> {
  if (subjects.length === 0) return [];
  const rows = await db.query<{ subject: string }>(
    `with held as (
       select subject from millrace.leases where subject = any ($2::text[]) and owner = $1 order by subject for update)
     update millrace.leases l set until = ${UNTIL} from held where l.subject = held.subject returning l.subject`,
    [owner, subjects, ttl_ms],
  );
  return inOrder(subjects, rows);
}

/** Gives back what is this owner's; the others are left alone. */
export async function releaseLeases(db: Queryable, owner: string, subjects: readonly string[]): Promise<void> {
  if (subjects.length === 0) return;
  await db.query(
    `with held as (
       select subject from millrace.leases where subject = any ($2::text[]) and owner = $1 order by subject for update)
     delete from millrace.leases l using held where l.subject = held.subject`,
    [owner, subjects],
  );
}

function inOrder(subjects: readonly string[], rows: { subject: string }[]): string[] {
  const held = new Set(rows.map(({ subject }) => subject));
  return [...new Set(subjects)].filter((subject) => held.has(subject));
}
