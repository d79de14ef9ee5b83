import { count, number, paragraphs } from '../markdown.mjs';
import { sidesTable } from './sides.mjs';

const KINDS = { csv: 'CSV', parquet: 'Parquet' };
const NAMES = { millrace: 'Millrace', polars: 'polars + COPY' };

/** @param {object | undefined} load what load.mjs printed */
export function loadSection(load) {
  if (!load) return undefined;
  const parts = Object.entries(KINDS).flatMap(([kind, name]) => {
    const one = load[kind];
    if (!one) return [];
    const { rows, columns, size_bytes, millrace, polars, ratios } = one;
    const ratio = (value) => `${number(value, 2)} ×`;
    return [
      `**${name}**, ${count(rows)} rows of ${number(columns)} columns, ${number(size_bytes / 1e6)} MB: ${ratio(ratios.to_polars)} the rows/s with ${ratio(ratios.cpu_seconds_to_polars)} the CPU.`,
      sidesTable({ millrace, polars }, NAMES),
    ];
  });
  return paragraphs(
    '## Plain loads',
    'Clean files into a new table without a key and without gold: what the books, the topics and the replays cost where nothing has to be cleaned. Both tables hold the same rows, by a digest.',
    ...parts,
  );
}
