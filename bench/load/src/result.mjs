/** Runs to figures, and the figures as people read them. */
import { line, number, sideLines, summarize, targetLines } from '../../measure/report.mjs';

const AT_LEAST = 1;

/** @param {import('./kinds.mjs').Source[]} sources @param {Record<'millrace' | 'polars', Record<string, object>>[]} rounds */
export function resultOf(sources, rounds) {
  const loads = sources.map(({ kind, rows, columns, size_bytes }) => {
    const [millrace, polars] = ['millrace', 'polars'].map((side) =>
      summarize(
        rounds.map((round) => round[side][kind]),
        rows,
      ),
    );
    const ratios = {
      to_polars: millrace.rows_per_second / polars.rows_per_second,
      cpu_seconds_to_polars: millrace.cpu_seconds_per_million_rows_total / polars.cpu_seconds_per_million_rows_total,
    };
    return [kind, { rows, columns, size_bytes, millrace, polars, ratios }];
  });
  return { runs: rounds.length, ...Object.fromEntries(loads) };
}

const loadsOf = (result) => Object.entries(result).filter(([, load]) => load.ratios);

export function judge(result) {
  return loadsOf(result).map(([kind, { ratios }]) => ({
    measure: `${kind}: rows/s against polars`,
    at_least: AT_LEAST,
    reached: ratios.to_polars,
    met: ratios.to_polars >= AT_LEAST,
  }));
}

/** @returns {string} */
export function render(result) {
  const parts = loadsOf(result).map(([kind, load]) => {
    const { rows, columns, size_bytes, millrace, polars, ratios } = load;
    return [
      `${kind}: ${number(rows)} rows of ${columns} columns, ${number(size_bytes / 1e6, 1)} MB; medians of ${result.runs} interleaved runs, tables equal`,
      ...sideLines({ millrace, polars }),
      line('rows/s against polars', number(ratios.to_polars, 2)),
      line('CPU s against polars', number(ratios.cpu_seconds_to_polars, 2)),
      '',
    ];
  });
  return [...parts.flat(), line('target', 'wanted', 'here'), ...targetLines(result.targets)].join('\n');
}
