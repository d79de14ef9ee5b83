import { MillraceError } from '@millrace/contracts';

/** PostgreSQL cuts longer names off silently, so that two of them could meet: refuse instead. */
const NAME_BYTES = 63;

/** Quotes a name for SQL. @throws MillraceError CONFIG_INVALID over 63 bytes, empty or with NUL */
export function quote(name: string): string {
  if (name === '' || name.includes('\0') || Buffer.byteLength(name) > NAME_BYTES) {
    throw new MillraceError('CONFIG_INVALID', `"${name}" is no PostgreSQL name: 1 to ${NAME_BYTES} bytes without NUL`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes text as a SQL literal, for the few places that take no parameter. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A user table's name for SQL. @throws MillraceError CONFIG_INVALID */
export const tableName = (table: string): string => `public.${quote(table)}`;
