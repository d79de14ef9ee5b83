import type { Transaction } from '../database.js';
import { literal, quote, tableName } from '../identifiers.js';
import { canonicalText } from '../keys/canonical-text.js';
import { attempt, refuse } from './refuse.js';

const bare = (type: string): string => type.replace(/\(.*\)$/, '');

/** SQL: a value as another type, whatever the session's settings are. */
function converted(value: string, from: string, to: string): string {
  const [before, after] = [bare(from), bare(to)];
  if (after === 'text') return canonicalText(value, before);
  if (before === 'date' && after === 'timestamp with time zone') return `(${value}::timestamp at time zone 'UTC')`;
  if (before === 'timestamp with time zone' && after === 'date') return `(${value} at time zone 'UTC')::date`;
  if (before === 'boolean' && after !== 'integer') return `${value}::int::${to}`;
  if (after === 'boolean' && before !== 'text') return `${value}::int::boolean`;
  return `${value}::${to}`;
}

/**
 * Gives a column another type, its values with it: to and fro they must stay what they are.
 * @throws MillraceError CONFIG_INVALID when a value does not fit
 */
export async function changeType(
  tx: Transaction,
  table: string,
  { name, postgres_type }: { name: string; postgres_type: string },
  types: { from: string; to: string },
): Promise<void> {
  const column = quote(name);
  const { from, to } = types;
  const forth = converted(column, from, to);
  const what = `column ${name} of table ${table} cannot become ${to}`;
  await attempt(what, async () => {
    const [lost] = await tx.query<{ value: string }>(
      `select left(${column}::text, 100) as value from ${tableName(table)}
       where ${converted(`(${forth})`, to, from)} is distinct from ${column} limit 1`,
    );
    if (lost) refuse(`${what}: ${literal(lost.value)} would lose something`);
    await tx.query(
      `alter table ${tableName(table)} alter column ${column} drop default,
         alter column ${column} type ${postgres_type} using ${forth}`,
    );
  });
}
