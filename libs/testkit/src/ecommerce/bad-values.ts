import { BLANK, type ColumnShape } from '../ready-made/table-shape.js';

/** Values that a column of these rules must reject; the null words of the configs are blanks. */
type Bad = NonNullable<ColumnShape['bad']>;

const NOTHING: Bad[number] = ['blank', [...BLANK, 'N/A', '-', 'NULL']];

/** @param example of another identifier */
export const badIdentifier = (example: string): Bad => [
  NOTHING,
  ['pattern_mismatch', [example, `${example}-x`, '"17, 4"']],
];
export const BAD_TEXT: Bad = [NOTHING];
export const BAD_DATE: Bad = [NOTHING, ['not_date', ['2024-02-30', '2025-13-01', '01.05.2024', 'soon', '2024-1-5']]];
export const BAD_TIMESTAMP: Bad = [
  NOTHING,
  ['not_timestamp', ['2024-02-30T10:00:00Z', '2025-13-01T00:00:00Z', 'noon']],
];
/** At least 1. */
export const BAD_COUNT: Bad = [NOTHING, ['not_integer', ['two', '-4', '1.5']], ['out_of_range', ['0', '100001']]];
/** At least 0, two digits after the point. */
export const BAD_MONEY: Bad = [
  NOTHING,
  ['not_decimal', ['free', '-7.50', '"1,50"', '$5']],
  ['out_of_range', ['3.999']],
];
export const BAD_CHOICE: Bad = [NOTHING, ['not_in_values', ['maybe', 'UNKNOWN', '???']]];

/** Of an optional date: what is no date gives way to NULL. */
export const ODD_DATE: ColumnShape['odd'] = [[null, ['', 'N/A', '2024-02-30', 'long ago', '31/12/2024']]];
