/** What the benches print, in small and with round figures that all reach their targets. */

const MIB = 1024 * 1024;
const SERVICES = ['ingestor', 'cleaner', 'deduper', 'aggregator'];
const each = (names, value) => Object.fromEntries(names.map((name) => [name, value]));

function side(rows_per_second, cpu_seconds, processes) {
  return {
    seconds: 1e6 / rows_per_second,
    rows_per_second,
    cpu_seconds_per_million_rows: each(processes, cpu_seconds / processes.length),
    cpu_seconds_per_million_rows_total: cpu_seconds,
    peak_rss_bytes: each(
      processes.filter((name) => name !== 'postgres').map((name) => (SERVICES.includes(name) ? `${name}-1` : name)),
      200 * MIB,
    ),
    wal_bytes_per_row: 230,
  };
}

const millrace = (rows_per_second) => side(rows_per_second, 6, [...SERVICES, 'broker', 'postgres']);
const polars = (rows_per_second) => side(rows_per_second, 9, ['polars', 'postgres']);

function endToEnd(rows, rows_per_second, others) {
  return {
    keys: 'rising',
    runs: 3,
    rows,
    size_bytes: rows * 82,
    files: 4,
    millrace: millrace(rows_per_second),
    polars: polars(150_000),
    ratios: { to_polars: rows_per_second / 150_000, cpu_seconds_to_polars: 0.67 },
    ...others,
  };
}

const distribution = (p50_ms) => ({
  count: 60_000,
  mean_ms: p50_ms,
  p50_ms,
  p95_ms: 2 * p50_ms,
  p99_ms: 3 * p50_ms,
  max_ms: 4 * p50_ms,
});

const live = (via, client) => ({
  via,
  client,
  rows_per_second: 2000,
  ...distribution(200),
  flush_ms: 1.5,
  cpu_cores: { ingestor: 0.2, postgres: 0.3 },
  turn_ms: { aggregator: 40 },
  stages: { parts: each(['ingest', 'clean', 'screen', 'apply'], distribution(50)), chunks: 600, transactions: 500 },
});

const load = {
  rows: 1e6,
  columns: 5,
  size_bytes: 4e7,
  millrace: millrace(3e5),
  polars: polars(3e5),
  ratios: { to_polars: 1, cpu_seconds_to_polars: 0.9 },
};
const growth = (about, rows_per_second) => ({
  ...about,
  runs: 1,
  rows_per_second,
  cpu_seconds_per_million_rows: 6,
  peak_rss_bytes: each(SERVICES, 300 * MIB),
});

const RESULTS = {
  'end-to-end': endToEnd(1e6, 300_000, {
    floor: side(400_000, 3, ['psql', 'postgres']),
    ratios: { to_polars: 2, cpu_seconds_to_polars: 0.67, to_floor: 0.7 },
    topics: { rows: 250_000, raw_bytes_per_row: 82, bytes_per_row: { 'bronze.sales': 23 }, bytes_per_row_total: 80 },
  }),
  'end-to-end-10m': endToEnd(1e7, 290_000),
  cold: {
    cold: {
      rows: 1e6,
      first_start: { command_seconds: 20, load_seconds: 4 },
      start: { command_seconds: 15, load_seconds: 4 },
      polars: { command_seconds: 8 },
    },
  },
  load: { runs: 3, csv: load, parquet: { ...load, columns: 26 } },
  live: { rate: 2000, seconds: 60, warm_up: 15, results: [live('http', 'node:http'), live('kafka', 'kcat')] },
  steps: {
    rows: 100_000,
    repetitions: 11,
    steps: each(['unpack', 'clean'], {
      what: 'something',
      rows_per_cpu_second: 2.5e6,
      spread: 0.02,
      cpu_seconds_per_million: 0.4,
      heap_bytes_per_row: 1,
      buffer_bytes_per_row: null,
    }),
  },
  profile: {
    rows: 2e6,
    processes: each(['aggregator-1', 'postgres'], {
      cpu_seconds_per_million: 1.5,
      threads: { main: 1.5 },
      garbage_collection: { main_thread: null, other_threads: 0.1 },
      packages: [{ name: 'libs/postgres', share: 0.4 }],
      functions: [{ name: 'writeField libs/postgres/copy.js:1', share: 0.2 }],
    }),
  },
  filter: {
    loads: [
      {
        keys: 50_001_408,
        order: 'random',
        rows_per_second: 3e6,
        cpu_seconds_per_million: 0.3,
        last_tenth: { rows_per_second: 3e6, cpu_seconds_per_million: 0.3 },
        peak_rss_bytes: 220 * MIB,
        bytes_per_key: 2.7,
        false_suspects: { while_loading: 0.001, at_the_end: 0.002 },
        snapshot: { save: { seconds: 1, cpu_seconds: 1 } },
      },
    ],
  },
  growth: {
    rows: 1e6,
    sizes: [1e6, 2e7].map((rows) => growth({ rows, keys: 'rising' }, 300_000)),
    slopes: [
      {
        keys: 'rising',
        rows_per_second_per_tenfold: 0.97,
        cpu_seconds_per_tenfold: 1.02,
        rss_bytes_per_million_rows: each(SERVICES, MIB),
      },
    ],
    instances: [[], ['cleaner'], SERVICES].map((doubled) => growth({ doubled }, 300_000)),
    files: [10, 1000].map((files) => growth({ files }, 300_000)),
    disk: { rows: 1e6, raw_bytes_per_row: 82, bytes_per_row: { 'table, rows': 141 } },
  },
};

const MACHINE = { cpu: 'a CPU', cores: 2, memory_bytes: 24 * 2 ** 30, versions: { 'Node.js': '24.0.0' } };

/** @returns {Record<string, import('../results.mjs').Taken>} fresh: a test may change it */
export function sampleResults() {
  const taken = Object.entries(structuredClone(RESULTS)).map(([bench, result]) => [
    bench,
    {
      bench,
      command: `node bench/${bench}.mjs`,
      taken_at: '2026-01-02T03:04:05.000Z',
      seconds: 90,
      commit: '0123456789',
      machine: structuredClone(MACHINE),
      result,
    },
  ]);
  return Object.fromEntries(taken);
}
