import { count, mebibytes, number, paragraphs, table } from '../markdown.mjs';

const SERVICES = ['ingestor', 'cleaner', 'deduper', 'aggregator'];
const PEAKS = SERVICES.map((name) => `>${name}, MiB`);

const peaks = (load) => SERVICES.map((name) => mebibytes(load.peak_rss_bytes[name]));
const cost = (load) => [number(load.rows_per_second), number(load.cpu_seconds_per_million_rows, 2)];

/** @param {object | undefined} growth what growth.mjs printed */
export function growthSection(growth) {
  if (!growth) return undefined;
  return paragraphs('## How cost grows', sizes(growth), instances(growth), files(growth));
}

function sizes({ sizes: loads, slopes }) {
  if (!loads) return undefined;
  const lines = slopes.map(
    ({ keys, rows_per_second_per_tenfold, cpu_seconds_per_tenfold, rss_bytes_per_million_rows }) => {
      const memory = SERVICES.map((name) => `${name} ${number(rss_bytes_per_million_rows[name] / 1024 / 1024, 1)}`);
      return `- Keys ${keys}: for tenfold rows ${number(rows_per_second_per_tenfold, 2)} × the rows/s and ${number(cpu_seconds_per_tenfold, 2)} × the CPU a row; for each further million rows, MiB of peak RSS: ${memory.join(', ')}.`;
    },
  );
  return paragraphs(
    '**By rows.** Whole runs into empty tables; peak RSS of each service over all of its life.',
    table(
      ['rows', 'keys', '>rows/s', '>CPU s per 1M', ...PEAKS],
      loads.map((load) => [count(load.rows), load.keys, ...cost(load), ...peaks(load)]),
    ),
    lines.join('\n'),
  );
}

function instances({ instances: loads, rows }) {
  if (!loads) return undefined;
  return paragraphs(
    `**By instances**, ${count(rows)} rows. The machine's cores are busy with one of each: a second instance shows what it costs, not what it brings where cores are free.`,
    table(
      ['instances', '>rows/s', '>CPU s per 1M'],
      loads.map((load) => [nameOf(load.doubled), ...cost(load)]),
    ),
  );
}

function nameOf(doubled) {
  if (doubled.length === 0) return 'one of each';
  return doubled.length === SERVICES.length ? 'two of each' : `two of ${doubled.join(', ')}`;
}

function files({ files: loads, rows }) {
  if (!loads) return undefined;
  return paragraphs(
    `**By files**, the same ${count(rows)} rows. The services were warmed up by one file more of the same size: with many small ones they are colder, which is part of the difference.`,
    table(
      ['files', '>rows/s', '>CPU s per 1M', ...PEAKS],
      loads.map((load) => [count(load.files), ...cost(load), ...peaks(load)]),
    ),
  );
}
