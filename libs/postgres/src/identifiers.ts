import { MillraceError } from '@millrace/contracts';

/** PostgreSQL cuts longer names off silently, so that two of them could meet: refuse instead. */
const NAME_BYTES = 63;

/** Quotes a name for SQL. @throws MillraceError CONFIG_INVALID over 63 bytes, empty, with NUL or half a surrogate pair (no UTF-8) */
export function quote(name: string): string {
  if (name === '' || name.includes('\0') || Buffer.byteLength(name) > NAME_BYTES || !name.isWellFormed()) {
    const wanted = `1 to ${NAME_BYTES} bytes of UTF-8 without NUL`;
    throw new MillraceError('CONFIG_INVALID', `${JSON.stringify(name.slice(0, 100))} is no PostgreSQL name: ${wanted}`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes text as a SQL literal, for the few places that take no parameter. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A user table's name for SQL. @throws MillraceError CONFIG_INVALID */
export const tableName = (table: string): string => `public.${quote(table)}`;
