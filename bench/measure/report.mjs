/** Medians of what was measured, and tables of it. */

/** @param {number[]} values @returns {number} */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const total = ({ user, system }) => user + system;

/**
 * Medians of runs of one kind.
 * @param {{ seconds: number, cpu_seconds: Record<string, import('./processes.mjs').Cpu>, peak_rss_bytes: Record<string, number>,
 *   peak_rss_bytes_of_others?: Record<string, number>, command_seconds?: number, wal_bytes?: number }[]} runs
 * @param {number} rows of each run
 */
export function summarize(runs, rows) {
  const seconds = median(runs.map((run) => run.seconds));
  const medians = (field, of = (value) => value ?? 0) => {
    const names = new Set(runs.flatMap((run) => Object.keys(run[field] ?? {})));
    return Object.fromEntries([...names].map((name) => [name, median(runs.map((run) => of(run[field][name])))]));
  };
  const perMillion = (values) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, (value / rows) * 1e6]));
  const cpu = perMillion(medians('cpu_seconds', (used) => (used ? total(used) : 0)));
  const some = (field) => (runs[0][field] === undefined ? undefined : median(runs.map((run) => run[field])));
  return {
    seconds,
    seconds_of_runs: runs.map((run) => run.seconds),
    command_seconds: some('command_seconds'),
    rows_per_second: rows / seconds,
    cpu_seconds_per_million_rows: cpu,
    cpu_seconds_per_million_rows_total: Object.values(cpu).reduce((sum, value) => sum + value, 0),
    /** The part of it that was spent in the kernel. */
    system_seconds_per_million_rows: perMillion(medians('cpu_seconds', (used) => used?.system ?? 0)),
    peak_rss_bytes: medians('peak_rss_bytes'),
    peak_rss_bytes_of_others: medians('peak_rss_bytes_of_others'),
    wal_bytes_per_row: runs[0].wal_bytes === undefined ? undefined : some('wal_bytes') / rows,
  };
}

/** @param {number | undefined} value @param {number} [digits] behind the point @returns {string} */
export function number(value, digits = 0) {
  if (value === undefined) return '-';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {string} name @param {...string} cells @returns {string} */
export function line(name, ...cells) {
  return `  ${name.padEnd(46)}${cells.map((cell) => cell.padStart(14)).join('')}`.trimEnd();
}

export const mebibytes = (bytes) => number(bytes / 1024 / 1024);

/**
 * What was measured of each side, one column each.
 * @param {Record<string, ReturnType<typeof summarize> | undefined>} sides the floor's rows are those that are kept
 * @returns {string[]}
 */
export function sideLines(sides) {
  const all = Object.values(sides);
  const figures = (name, of, digits) => line(name, ...all.map((side) => (side ? number(of(side), digits) : '-')));
  const names = new Set(all.flatMap((side) => Object.keys(side?.cpu_seconds_per_million_rows ?? {})));
  return [
    line('', ...Object.keys(sides)),
    figures(`rows/s${'floor' in sides ? ' (of the floor: rows that are kept)' : ''}`, (side) => side.rows_per_second),
    figures('seconds', (side) => side.seconds, 2),
    figures('  with the start and end of the command', (side) => side.command_seconds, 2),
    figures('bytes of write-ahead log for a row', (side) => side.wal_bytes_per_row),
    figures('CPU s per 1M rows (of it in the kernel)', (side) => side.cpu_seconds_per_million_rows_total, 2),
    ...[...names].map((name) => cpuLine(name, all)),
  ];
}

function cpuLine(name, sides) {
  const cells = sides.map((side) => {
    const all = side?.cpu_seconds_per_million_rows[name];
    return all === undefined ? '' : `${number(all, 2)} (${number(side.system_seconds_per_million_rows[name], 2)})`;
  });
  return line(`  ${name}`, ...cells);
}

/** @param {{ measure: string, at_least?: number, at_most?: number, reached: number, met: boolean }[]} targets @returns {string[]} */
export function targetLines(targets) {
  return targets.map(({ measure, at_least, at_most, reached, met }) => {
    const bound = at_least === undefined ? `<= ${number(at_most, 1)}` : `>= ${number(at_least, 1)}`;
    return line(measure, bound, number(reached, 2), met ? 'reached' : 'MISSED');
  });
}
