import { count, figure, mebibytes, millions, number, paragraphs, percent, table } from '../markdown.mjs';

/** @param {object | undefined} filter what filter.mjs printed */
export function filterSection(filter) {
  if (!filter) return undefined;
  return paragraphs(
    '## The deduper by its number of keys',
    'One process, all that the deduper does with a batch but its way through Kafka. _Suspects_: new keys that the filter takes for known ones; each costs PostgreSQL a look, and none a row. _At the end_: the last tenth of the keys.',
    table(
      [
        'keys',
        'order',
        '>rows/s',
        '>CPU s per 1M',
        '>at the end',
        '>peak RSS, MiB',
        '>bytes a key',
        '>suspects',
        '>snapshot, CPU s',
      ],
      filter.loads.map((load) => [
        count(Math.round(load.keys / 1e5) * 1e5),
        load.order,
        millions(load.rows_per_second),
        figure(load.cpu_seconds_per_million),
        figure(load.last_tenth.cpu_seconds_per_million),
        mebibytes(load.peak_rss_bytes),
        number(load.bytes_per_key, 1),
        percent(load.false_suspects.at_the_end, 2),
        number(load.snapshot.save.cpu_seconds, 2),
      ]),
    ),
  );
}
