import { column } from './table.js';

/** A column of each type that expressions tell apart. */
export const columns = [
  column('t', { type: 'text' }),
  column('u', { type: 'text' }),
  column('i', { type: 'integer' }),
  column('p', { type: 'decimal', precision: 12, scale: 2 }),
  column('b', { type: 'boolean' }),
  column('d', { type: 'date' }),
  column('s', { type: 'timestamp' }),
  column('n', { type: 'bigint' }),
];
/** Cells by column; the others are NULL. */
export type Cells = Partial<Record<'t' | 'u' | 'i' | 'p' | 'b' | 'd' | 's' | 'n', string>>;
export const row = (cells: Cells): (string | null)[] => columns.map(({ name }) => cells[name as keyof Cells] ?? null);
