/** What is compared, side by side: one column each. */
import { figure, number, table } from '../markdown.mjs';

/** Per million rows: what takes less is left out. */
const LEAST_CPU_SECONDS = 0.005;

/**
 * @param {Record<string, object | undefined>} sides as bench/measure/report.mjs sums them up; those that are undefined are left out
 * @param {Record<string, string>} names of the columns
 */
export function sidesTable(sides, names) {
  const present = Object.entries(sides).filter(([, side]) => side);
  const line = (name, of) => [name, ...present.map(([, side]) => of(side))];
  const shown = ([, spent]) => spent >= LEAST_CPU_SECONDS;
  const processes = new Set(
    present.flatMap(([, side]) =>
      Object.entries(side.cpu_seconds_per_million_rows)
        .filter(shown)
        .map(([name]) => name),
    ),
  );
  return table(
    ['', ...present.map(([name]) => `>${names[name]}`)],
    [
      line('rows/s', (side) => number(side.rows_per_second)),
      line('CPU s per 1M rows', (side) => figure(side.cpu_seconds_per_million_rows_total)),
      ...[...processes].map((name) => line(`of it ${name}`, (side) => cpu(side, name))),
      line('write-ahead log, bytes a row', (side) => number(side.wal_bytes_per_row)),
    ],
  );
}

function cpu(side, name) {
  const spent = side.cpu_seconds_per_million_rows[name];
  return spent === undefined ? '' : figure(spent);
}

/** Peak RSS by process, of those that are told. @param {Record<string, number>[]} peaks @returns {[name: string, bytes: number][]} */
export function peaksOf(...peaks) {
  return Object.entries(Object.assign({}, ...peaks.filter(Boolean)));
}
