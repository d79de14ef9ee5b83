/** Tables of what was measured. */

export const RSS_LIMIT_BYTES = 512 * 1024 * 1024;

/** @param {number[]} values @returns {number} */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Medians of runs of one kind.
 * @param {{ seconds: number, cpu_seconds: Record<string, number>, peak_rss_bytes: Record<string, number> }[]} runs
 * @param {number} rows
 */
export function summarize(runs, rows) {
  const seconds = median(runs.map((run) => run.seconds));
  const medians = (field) =>
    Object.fromEntries(
      [...new Set(runs.flatMap((run) => Object.keys(run[field])))].map((name) => [
        name,
        median(runs.map((run) => run[field][name] ?? 0)),
      ]),
    );
  const cpu = medians('cpu_seconds');
  const perMillion = Object.fromEntries(Object.entries(cpu).map(([name, value]) => [name, (value / rows) * 1e6]));
  return {
    seconds,
    seconds_of_runs: runs.map((run) => run.seconds),
    rows_per_second: rows / seconds,
    cpu_seconds_per_million_rows: perMillion,
    cpu_seconds_per_million_rows_total: Object.values(perMillion).reduce((sum, value) => sum + value, 0),
    peak_rss_bytes: medians('peak_rss_bytes'),
  };
}

const number = (value, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const line = (name, ...cells) => `  ${name.padEnd(26)}${cells.map((cell) => cell.padStart(12)).join('')}`;

/** @param {object} result as end-to-end.mjs makes it; either side may be missing @returns {string} */
export function render({ rows, size_bytes, files, runs, reference, millrace, ratios }) {
  const sides = [reference, millrace];
  const figures = (name, of, digits, ratio) =>
    line(name, ...sides.map((side) => (side ? number(of(side), digits) : '-')), ratio ? number(ratio, 2) : '');
  const processes = new Set(sides.flatMap((side) => Object.keys(side?.cpu_seconds_per_million_rows ?? {})));
  return [
    `${number(rows)} rows, ${number(size_bytes / 1e6, 1)} MB in ${files} files; medians of ${runs} interleaved runs (the reference also reads the file that warmed the services up)`,
    line('', 'reference', 'millrace', 'ratio'),
    figures('rows/s', (side) => side.rows_per_second, 0, ratios.rows_per_second),
    figures('CPU s per 1M rows', (side) => side.cpu_seconds_per_million_rows_total, 2, ratios.cpu_seconds),
    ...[...processes].map((name) => figures(`  ${name}`, (side) => side.cpu_seconds_per_million_rows[name] ?? 0, 2)),
    '',
    `Peak RSS in MiB; services must stay within ${number(RSS_LIMIT_BYTES / 1024 / 1024)}`,
    ...Object.entries(reference?.peak_rss_bytes ?? {}).map(([name, bytes]) => line(name, mebibytes(bytes))),
    ...Object.entries(millrace?.peak_rss_bytes ?? {}).map(([name, bytes]) =>
      line(name, '', mebibytes(bytes), bytes <= RSS_LIMIT_BYTES ? 'ok' : 'TOO MUCH'),
    ),
  ].join('\n');
}

function mebibytes(bytes) {
  return number(bytes / 1024 / 1024);
}
