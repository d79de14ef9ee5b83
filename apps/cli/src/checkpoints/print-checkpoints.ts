import type { SourceCheckpoint } from '@millrace/postgres';
import pc from 'picocolors';
import { print } from '../output.js';
import { formatBytes, formatCount, formatSeconds, plural } from '../screen/format.js';
import { formatTable, Painted } from '../screen/tables.js';
import { incidentLines } from './checkpoint-lines.js';
import type { DatasetCheckpoints } from './read-checkpoints.js';
import type { PartitionCheckpoint } from './read-partitions.js';

export interface ShownCheckpoints extends DatasetCheckpoints {
  /** Null where Kafka could not be asked. */
  partitions: PartitionCheckpoint[] | null;
}

/** @param isAll every partition, not only topics and what waits */
export function printCheckpoints(
  datasets: readonly ShownCheckpoints[],
  kafka_problem: string | null,
  isAll: boolean,
): void {
  if (datasets.length === 0) print('No datasets yet.');
  for (const one of datasets) {
    print(heading(one));
    if (one.shown.length > 0) print(formatTable(one.shown.map(sourceRow)));
    if (one.more > 0) print(`and ${plural(one.more, 'source')} more: --limit ${one.sources} shows all`);
    for (const line of trouble(one)) print(line);
    if (one.partitions && one.partitions.length > 0) {
      print(formatTable(isAll ? one.partitions.map(partitionRow) : topicRows(one.partitions)));
    }
  }
  if (kafka_problem) print(pc.red(`Kafka: ${kafka_problem}`));
}

function heading({ dataset, sources, open, red, paused }: ShownCheckpoints): string {
  const counts = [`${formatCount(open)} open`, red > 0 ? pc.red(`${formatCount(red)} red`) : '0 red'].join(', ');
  const since = paused && `paused since ${paused.paused_at.toISOString()}${paused.reason ? ` (${paused.reason})` : ''}`;
  return `\n${pc.bold(dataset)}: ${plural(sources, 'source')}, ${counts}${since ? `; ${pc.yellow(since)}` : ''}`;
}

function sourceRow(source: SourceCheckpoint) {
  const { recorded, resolved, failed, first_unresolved, waits_seconds, state, settled } = source;
  const isRed = state === 'changed' || state === 'vanished' || state === 'failed';
  const waits = waits_seconds === null ? 'not published' : formatSeconds(waits_seconds);
  return {
    source: source.source,
    state: new Painted(settled ? state : `${state}, open`, isRed ? pc.red : settled ? pc.green : pc.yellow),
    recorded: formatCount(recorded),
    published: formatCount(source.published),
    resolved: failed > 0 ? `${formatCount(resolved)} (${formatCount(failed)} failed)` : formatCount(resolved),
    waits: first_unresolved === null ? '' : `chunk ${first_unresolved}: ${waits}`,
    'cut to': cutTo(source),
    healed: source.heals > 0 ? new Painted(formatCount(source.heals), pc.yellow) : '',
    path: source.path,
  };
}

function cutTo({ kind, cut_bytes, size_bytes, next_offset }: SourceCheckpoint): string {
  if (kind === 'inbox') return `offset ${next_offset}`;
  const at = formatBytes(cut_bytes ?? 0);
  // Of a compressed file the text is longer than the file.
  return size_bytes === null || (cut_bytes ?? 0) >= size_bytes ? at : `${at} of ${formatBytes(size_bytes)}`;
}

function* trouble({ dataset, incidents, shown, republications }: ShownCheckpoints): Generator<string> {
  yield* incidentLines({ dataset, ...incidents });
  for (const { source, error } of shown) if (error) yield `  source ${source}: ${error.code}: ${error.message}`;
  for (const { id, source, chunks, finished_at, error } of republications) {
    const done = finished_at ? `${plural(chunks, 'chunk')} published again` : `${plural(chunks, 'chunk')} so far`;
    yield `  republication ${id} of source ${source}: ${done}${error ? `; ${error.code}: ${error.message}` : ''}`;
  }
}

function partitionRow({ topic, partition, stage, committed, applied, low, high, lag, deleted }: PartitionCheckpoint) {
  return {
    topic,
    partition,
    'read by': stage,
    log: `${low} to ${high}`,
    committed: committed === null ? 'never' : String(committed),
    applied: applied === null ? '' : String(applied),
    lag: formatCount(lag),
    deleted: deleted > 0 ? new Painted(`${formatCount(deleted)} unread`, pc.red) : '',
  };
}

/** A row a topic, and below it one for each partition where something waits or is gone. */
function topicRows(partitions: readonly PartitionCheckpoint[]) {
  return [...Map.groupBy(partitions, ({ topic }) => topic)].flatMap(([topic, own]) => {
    const sum = (of: (one: PartitionCheckpoint) => number) => own.reduce((total, one) => total + of(one), 0);
    const deleted = sum((one) => one.deleted);
    const whole = {
      topic,
      partition: `all ${own.length}`,
      'read by': own[0].stage,
      log: plural(
        sum(({ low, high }) => Number(high - low)),
        'message',
      ),
      committed: '',
      applied: '',
      lag: formatCount(sum(({ lag }) => lag)),
      deleted: deleted > 0 ? new Painted(`${formatCount(deleted)} unread`, pc.red) : '',
    };
    return [whole, ...own.filter(({ lag, deleted: gone }) => lag > 0 || gone > 0).map(partitionRow)];
  });
}
