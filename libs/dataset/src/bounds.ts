/** Of a text column in a key, and of a dimension. */
export const KEY_BYTES = 512;
/** Of an integer; two values below its PostgreSQL type's least are taken for NULL in memory. */
export const INTEGER_MAX = '2147483647';
export const INTEGER_MIN = '-2147483646';
export const BIGINT_MAX = '9223372036854775807';
export const BIGINT_MIN = '-9223372036854775808';
/** Scale in memory of a decimal without precision: finer values are carried as text. */
export const FREE_SCALE = 4;
