import type { ColumnEncoding } from '@millrace/dataset';

/*
 * A body (little endian, every section padded to 4 bytes):
 *
 *     rows u32   columns u32   records u16 or u32 x rows   then for each column of the plan:
 *     kind u8, nulls u8 (0 or 1), 2 bytes reserved   its sections   nulls: one bit a row, if any
 *
 *     text        values (below), one a row
 *     dictionary  codes u16 x rows   values, one an entry
 *     integer     i32 x rows
 *     date        i32 x rows
 *     decimal     low u32 x rows   high i32 x rows, left out when all are 0   values, one a wide decimal
 *
 *     values      count u32   size u32   width u8 (1, 2 or 4 bytes a length) + 3 reserved   lengths   bytes
 *
 * The highest bit of `columns` says that records are u32: rows of an inbox may be far from each other. Those of a file never are.
 * The second highest says that they are steps from one to the next, u8 x rows (record-steps.ts): from contract version 2 on.
 */
export const KINDS: Record<ColumnEncoding, number> = { text: 1, dictionary: 2, integer: 3, date: 4, decimal: 5 };
export const HIGH_LEFT_OUT = 0x80;
export const HAS_NULLS = 0x100;
export const WIDE_RECORDS = 0x80000000;
export const STEPPED_RECORDS = 0x40000000;
