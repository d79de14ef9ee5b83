import pg from 'pg';

/** Our int8 values are counts and byte offsets: as numbers they stay exact up to 2^53, and beyond that we refuse to round. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} does not fit a number: select it as text`);
  return value;
}

/** Types by OID whose values differ from what `pg` makes of them. */
const parsers: Record<number, (text: string) => unknown> = {
  [pg.types.builtins.INT8]: parseInt8,
  [pg.types.builtins.DATE]: (text) => text,
};

export const rowTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers[oid]) || pg.types.getTypeParser(oid, format)) as never,
};
