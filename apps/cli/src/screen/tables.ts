import Table from 'cli-table3';
import pc from 'picocolors';
import { visible } from './format.js';
import { jsonSafe } from './json-safe.js';

/** Text of ours in colour; all other text is data, whose control characters are made visible. */
export class Painted {
  constructor(
    readonly text: string,
    readonly paint: (text: string) => string,
  ) {}
}

export type Cell = string | number | boolean | bigint | null | undefined | object;

/** Rows as a table; columns that hold only numbers stand right. */
export function formatTable(rows: Record<string, Cell>[], columns = Object.keys(rows[0] ?? {})): string {
  const table = new Table({
    head: columns.map((column) => pc.bold(column)),
    colAligns: columns.map((column) => (rows.every((row) => isNumeric(row[column])) ? 'right' : 'left')),
    style: { head: [], border: pc.isColorSupported ? ['grey'] : [], compact: true },
  });
  for (const row of rows) table.push(columns.map((column) => formatCell(row[column])));
  return table.toString();
}

export function formatCell(cell: Cell): string {
  if (cell === null || cell === undefined) return pc.dim('null');
  if (cell instanceof Painted) return cell.paint(cell.text);
  if (cell instanceof Date) return cell.toISOString();
  if (Buffer.isBuffer(cell)) return visible(cell.toString('latin1'));
  if (typeof cell === 'object') return JSON.stringify(cell, jsonSafe);
  return visible(String(cell));
}

function isNumeric(cell: Cell): boolean {
  return (
    cell === null ||
    (cell !== '' && typeof cell !== 'boolean' && Number.isFinite(Number(String(cell).replaceAll(',', ''))))
  );
}
