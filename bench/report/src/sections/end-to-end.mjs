import { count, mebibytes, number, paragraphs, table } from '../markdown.mjs';
import { peaksOf, sidesTable } from './sides.mjs';

const NAMES = { millrace: 'Millrace', polars: 'polars + COPY', floor: 'floor: COPY' };
const ratio = (value) => `${number(value, 2)} ×`;

/**
 * @param {object | undefined} warm what end-to-end.mjs printed of 1M rows
 * @param {object | undefined} large of 10M
 * @param {object | undefined} cold what it printed with --cold
 */
export function endToEndSection(warm, large, cold) {
  const parts = [
    warm && compare(warm),
    large && compare(large),
    warm && memory(warm),
    warm && topics(warm),
    coldPart(cold),
  ];
  if (!parts.some(Boolean)) return undefined;
  return paragraphs(
    '## End to end: dirty files to committed gold',
    `_polars + COPY_ is what people use today, written by somebody who knows how: one Python process with polars and psycopg, \`COPY\` to a staging table, \`INSERT … ON CONFLICT\`, then the gold
tables. It keeps no books, and what it did before a crash is done again. The _floor_ is \`\\copy\` of the rows that are kept, clean already, into the same table with its key: rows kept a second. Services are up and have worked before; so has the peer.`,
    ...parts,
  );
}

function compare({ rows, size_bytes, files, runs, keys, millrace, polars, floor, ratios }) {
  const how = runs > 1 ? `medians of ${number(runs)} interleaved runs` : 'one run of each';
  return paragraphs(
    `**${count(rows)} rows**, ${number(size_bytes / 1e6)} MB in ${number(files)} files, keys ${keys}; ${how}: ${[
      ratios.to_polars &&
        `${ratio(ratios.to_polars)} the rows/s of polars + COPY with ${ratio(ratios.cpu_seconds_to_polars)} its CPU`,
      ratios.to_floor && `${ratio(ratios.to_floor)} the floor`,
    ]
      .filter(Boolean)
      .join(', ')}.`,
    sidesTable({ millrace, polars, floor }, NAMES),
  );
}

function memory({ rows, millrace, polars }) {
  const peaks = peaksOf(millrace?.peak_rss_bytes, millrace?.peak_rss_bytes_of_others, polars?.peak_rss_bytes);
  return paragraphs(
    `Peak RSS in MiB, ${count(rows)} rows: ${peaks.map(([name, bytes]) => `${name} ${mebibytes(bytes)}`).join(', ')}.`,
  );
}

function topics({ topics: measured }) {
  if (!measured) return undefined;
  const { bytes_per_row, bytes_per_row_total, raw_bytes_per_row } = measured;
  return paragraphs(
    `**Topics**, bytes for a row of ${number(raw_bytes_per_row, 1)} raw bytes, nothing deleted:`,
    table(
      ['topic', '>bytes a row'],
      [
        ...Object.entries(bytes_per_row).map(([topic, bytes]) => [`\`${topic}\``, number(bytes, 1)]),
        ['all', number(bytes_per_row_total, 1)],
      ],
    ),
  );
}

function coldPart(result) {
  if (!result?.cold) return undefined;
  const { rows, first_start, start, polars } = result.cold;
  const seconds = (value) => (value === undefined ? '' : number(value, 1));
  const line = (name, one) => [name, seconds(one.command_seconds), seconds(one.load_seconds)];
  return paragraphs(
    `**Cold**, ${count(rows)} rows: whole commands from nothing running.`,
    table(
      ['', '>seconds', '>of it from the request on'],
      [
        line('`millrace run --once`, the very first start: servers make their files', first_start),
        line('`millrace run --once`', start),
        line('polars + COPY, PostgreSQL is up', polars),
      ],
    ),
  );
}
