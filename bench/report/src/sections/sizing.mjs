import { count, figure, mebibytes, number, paragraphs, table } from '../markdown.mjs';

const STAGES = {
  ingestor: 'any number; files and inbox partitions are shared out',
  cleaner: 'up to 8, one each partition of bronze',
  deduper: "up to the dataset's `parts`",
  aggregator: "up to the dataset's `parts`; two or three coalesce better than eight",
  broker: '-',
  postgres: '-',
};

/**
 * Rules of thumb, all of them from what was measured.
 * @param {import('../figures.mjs').Figures} figures
 */
export function sizingSection(figures) {
  return paragraphs('## Sizing', cores(figures), processes(figures), disk(figures), SETTINGS);
}

function cores({ end_to_end, filter }) {
  if (!end_to_end) return undefined;
  const { cpu_seconds_total, rows_per_second } = end_to_end;
  const needed = (rate) => number((rate * cpu_seconds_total) / 1e6, 1);
  const load = filter?.at_50m;
  return [
    `- **Cores**: rows a second × ${figure(cpu_seconds_total)} / 1,000,000, broker and PostgreSQL included: 10,000 rows/s take ${needed(10_000)} cores, 100,000 take ${needed(100_000)}. Here, all on one machine: ${number(rows_per_second)} rows/s.`,
    ...(load
      ? [
          `- **Keys**: ${number(load.bytes_per_key, 1)} bytes a key in the filters of all dedupers together (measured with ${count(Math.round(load.keys / 1e6) * 1e6)} random keys), up to \`MILLRACE_FILTER_MAX_BYTES\`; past that rows are suspect more often, which costs PostgreSQL looks and never a wrong result.`,
        ]
      : []),
    '- **Live**: it is the number of batches that costs. Send rows together where you can, by HTTP or as framed batches.',
    '- **Stages** scale by instances (`--scale`, replicas); what bounds them stands in the table. Which one to double: the dearest whose process is at one core.',
  ].join('\n');
}

function processes({ end_to_end, peaks }) {
  if (!end_to_end) return undefined;
  const names = Object.keys(STAGES).filter((name) => end_to_end.cpu_seconds[name] !== undefined);
  return table(
    [
      'process',
      '>CPU s per 1M rows',
      '>rows/s of one core',
      `>peak RSS, MiB (${peaks ? count(peaks.rows) : 'no'} rows)`,
      'instances',
    ],
    names.map((name) => [
      name,
      figure(end_to_end.cpu_seconds[name]),
      count(Math.round(1000 / end_to_end.cpu_seconds[name]) * 1000),
      peaks?.bytes[name] === undefined ? '-' : mebibytes(peaks.bytes[name]),
      STAGES[name],
    ]),
  );
}

function disk({ disk: measured, topics, end_to_end }) {
  if (!measured) return undefined;
  const { bytes_per_row, raw_bytes_per_row, rows } = measured;
  const all = {
    ...bytes_per_row,
    'write-ahead log, until the next checkpoint': end_to_end?.wal_bytes_per_row,
    'topics, where nothing is deleted': topics?.bytes_per_row_total,
  };
  return paragraphs(
    `**Disk**, bytes for each row that comes in, of ${number(raw_bytes_per_row, 1)} raw bytes (sales, ${count(rows)} rows). Topics keep everything unless \`MILLRACE_TRIM=1\` deletes what is applied, as it does in the embedded broker.`,
    table(
      ['', '>bytes a row'],
      Object.entries(all).map(([name, bytes]) => [name, number(bytes, 1)]),
    ),
  );
}

const SETTINGS = `**PostgreSQL**, as the embedded server has it, and what to begin with elsewhere: \`shared_buffers\` such that it holds the index of the key, \`max_wal_size\` 4 GB or more and
\`checkpoint_timeout\` 15 min, so that a load does not write whole pages again and again, \`wal_compression\` with zstd or lz4 where the build has one, \`jit\` off.
\`fsync\`, \`synchronous_commit\` and \`full_page_writes\` stay on: the books rest on them. Keys that rise keep the index's hot pages few. More: [deployment](deployment.md).`;
