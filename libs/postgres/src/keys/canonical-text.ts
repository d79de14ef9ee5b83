/**
 * SQL: a value's canonical text as libs/columnar has it, whatever the session's settings for dates are.
 * @param type without precision and scale
 */
export function canonicalText(column: string, type: string): string {
  switch (type) {
    case 'text':
      return column;
    case 'numeric':
      return `trim_scale(${column})::text`;
    case 'date':
      return `to_char(${column}, 'YYYY-MM-DD')`;
    case 'timestamp with time zone':
      return `rtrim(rtrim(to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z'`;
    default:
      return `${column}::text`;
  }
}
