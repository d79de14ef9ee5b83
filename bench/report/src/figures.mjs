/**
 * What the page says of several benches at once: the only place that knows how each of them prints it. All are undefined where
 * they were not measured.
 * @typedef {ReturnType<typeof figuresOf>} Figures
 */

/** @param {Record<string, import('./results.mjs').Taken>} taken by bench */
export function figuresOf(taken) {
  const result = (bench) => taken[bench]?.result;
  return {
    end_to_end: endToEnd(result('end-to-end')),
    end_to_end_10m: endToEnd(result('end-to-end-10m')),
    filter: filter(result('filter')),
    live: live(result('live')),
    peaks: peaks(result('growth')),
    disk: result('growth')?.disk,
    topics: result('end-to-end')?.topics,
    cleaner_rows_per_second: cleaner(result('steps')),
    load: result('load'),
  };
}

function endToEnd(result) {
  if (!result?.millrace) return undefined;
  const { millrace } = result;
  return {
    rows: result.rows,
    rows_per_second: millrace.rows_per_second,
    cpu_seconds_total: millrace.cpu_seconds_per_million_rows_total,
    cpu_seconds: millrace.cpu_seconds_per_million_rows,
    to_polars: result.ratios.to_polars,
    to_floor: result.ratios.to_floor,
    wal_bytes_per_row: millrace.wal_bytes_per_row,
  };
}

function filter(result) {
  if (!result) return undefined;
  // Whole batches are loaded: a few keys more.
  const at_50m = result.loads.find(({ keys, order }) => order === 'random' && keys >= 50e6);
  return { at_50m };
}

/** All that the cleaner does with a chunk but its way through Kafka. */
function cleaner(result) {
  const [unpack, clean] = ['unpack', 'clean'].map((name) => result?.steps[name]?.cpu_seconds_per_million);
  return unpack && clean ? 1e6 / (unpack + clean) : undefined;
}

function live(result) {
  return result && Object.fromEntries(result.results.map((one) => [one.via, one]));
}

/** The highest of each service at the most rows. */
function peaks(growth) {
  const rows = Math.max(0, ...(growth?.sizes ?? []).map((load) => load.rows));
  if (rows === 0) return undefined;
  const bytes = {};
  for (const load of growth.sizes.filter((one) => one.rows === rows)) {
    for (const [name, peak] of Object.entries(load.peak_rss_bytes)) bytes[name] = Math.max(bytes[name] ?? 0, peak);
  }
  return { rows, bytes };
}
