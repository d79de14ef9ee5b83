/** The result as people read it. */
import { line, mebibytes, number, sideLines, targetLines } from '../../measure/report.mjs';

/** @param {object} result as end-to-end.mjs makes it; what was not measured may be missing @returns {string} */
export function render(result) {
  return [
    ...heads(result),
    ...(result.cold ? coldLines(result.cold) : []),
    ...(result.millrace || result.polars || result.floor ? comparison(result) : []),
    ...(result.millrace ? memoryLines(result) : []),
    ...(result.topics ? topicLines(result.topics) : []),
    ...(result.targets.length ? ['', line('target', 'wanted', 'here'), ...targetLines(result.targets)] : []),
  ].join('\n');
}

function heads({ rows, rows_kept, size_bytes, files, runs, keys, cold }) {
  const how = cold ? '' : `; medians of ${runs} interleaved runs`;
  const data = `${number(rows)} rows (${number(rows_kept)} kept), ${number(size_bytes / 1e6, 1)} MB in ${files} files, keys ${keys}`;
  return [`${data}${how}, each result checked`, ''];
}

function comparison({ millrace, polars, floor, ratios }) {
  return [
    ...sideLines({ millrace, polars, floor }),
    line('rows/s against polars', number(ratios.to_polars, 2)),
    line('CPU s against polars', number(ratios.cpu_seconds_to_polars, 2)),
    line('rows kept a second against the floor', number(ratios.to_floor, 2)),
  ];
}

function memoryLines({ millrace, polars }) {
  const all = { ...millrace.peak_rss_bytes, ...millrace.peak_rss_bytes_of_others, ...polars?.peak_rss_bytes };
  return [
    '',
    line('peak RSS', 'MiB'),
    ...Object.entries(all).map(([name, bytes]) => line(`  ${name}`, mebibytes(bytes))),
  ];
}

function topicLines({ rows, raw_bytes_per_row, bytes_per_row, bytes_per_row_total }) {
  return [
    '',
    line(`bytes in topics for a row, of ${number(rows)} rows`),
    ...Object.entries(bytes_per_row).map(([topic, bytes]) => line(`  ${topic}`, number(bytes, 1))),
    line('  all', number(bytes_per_row_total, 1)),
    line('raw bytes of a row', number(raw_bytes_per_row, 1)),
  ];
}

function coldLines({ rows, first_start, start, polars }) {
  const seconds = (name, { command_seconds, load_seconds }) =>
    line(name, number(command_seconds, 2), number(load_seconds, 2));
  return [
    line(`from nothing running, ${number(rows)} rows`, 'seconds', 'of it load'),
    seconds('  millrace run --once, very first start', first_start),
    seconds('  millrace run --once', start),
    seconds('  python polars_sales.py (PostgreSQL is up)', polars),
  ];
}
