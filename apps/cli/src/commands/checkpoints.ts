import { type Database, requestRepublication } from '@millrace/postgres';
import { Command } from 'commander';
import { withBroker } from '../broker.js';
import { findWantedSource } from '../checkpoints/find-wanted-source.js';
import { followRepublication } from '../checkpoints/follow-republication.js';
import { printCheckpoints, type ShownCheckpoints } from '../checkpoints/print-checkpoints.js';
import { readCheckpoints } from '../checkpoints/read-checkpoints.js';
import { readPartitions } from '../checkpoints/read-partitions.js';
import { checkBytes, planRepublication, type RepublicationPlan } from '../checkpoints/republication-plan.js';
import { requireDataset } from '../checkpoints/require-dataset.js';
import { findEndpoints } from '../endpoints.js';
import { failureOf } from '../failure.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { millraceHome } from '../project.js';
import { formatBytes, formatCount, plural } from '../screen/format.js';
import { wholeNumber } from '../whole-number.js';
import { withDatabase } from '../with-database.js';

type ShowOptions = OutputOptions & { dataset?: string; source?: string; limit: number; partitions?: boolean };
type RepublishOptions = OutputOptions & { from: number; dryRun?: boolean; wait?: boolean };

export function checkpointsCommand(): Command {
  return new Command('checkpoints')
    .description('how far every source and topic is, and publishing recorded chunks once more')
    .addCommand(showCommand())
    .addCommand(republishCommand());
}

function showCommand(): Command {
  return new Command('show')
    .description('recorded, published and applied, of each source, and the offsets of each topic')
    .option('--dataset <name>', 'of one dataset only')
    .option('--source <source>', 'of one source only: its number, or its path')
    .option('--limit <sources>', 'sources of each dataset; those with something open come first', wholeNumber, 20)
    .option('--partitions', 'every partition, also where nothing waits')
    .option('--json', 'print JSON')
    .action(async (options: ShowOptions) => {
      const { datasets, kafka_problem } = await withDatabase((db) => show(db, options));
      if (options.json) printJson({ datasets, kafka_problem });
      else printCheckpoints(datasets, kafka_problem, options.partitions ?? false);
    });
}

async function show(
  db: Database,
  { dataset, source: wanted, limit }: ShowOptions,
): Promise<{ datasets: ShownCheckpoints[]; kafka_problem: string | null }> {
  const source = wanted === undefined ? undefined : await findWantedSource(db, wanted);
  if (dataset !== undefined) await requireDataset(db, dataset);
  const filter = { dataset: source?.dataset ?? dataset, source: source?.source, limit };
  const datasets = await readCheckpoints(db, filter);
  const withPartitions = (brokers: string) =>
    withBroker(brokers, async (kafka) => {
      const shown: ShownCheckpoints[] = [];
      for (const one of datasets) shown.push({ ...one, partitions: await readPartitions(db, kafka, one.dataset) });
      return shown;
    });
  const brokers = findEndpoints(millraceHome())?.kafka_brokers;
  try {
    if (brokers === undefined) throw new Error('it does not run');
    return { datasets: await withPartitions(brokers), kafka_problem: null };
  } catch (error) {
    // What PostgreSQL knows is worth most when Kafka is away.
    return { datasets: datasets.map((one) => ({ ...one, partitions: null })), kafka_problem: failureOf(error).message };
  }
}

function republishCommand(): Command {
  return new Command('republish')
    .description(
      'publish the recorded chunks of a source once more: the same bytes, which changes nothing that is applied',
    )
    .argument('<source>', 'its number, the path of its file, or a partition of an inbox as in "inbox.sales[0]"')
    .option('--from <chunk>', 'the first chunk that is wanted', wholeNumber, 0)
    .option('--dry-run', 'only say what would be published, and whether its bytes are still to be had')
    .option('--wait', 'until all is published')
    .option('--json', 'print JSON lines')
    .action(async (wanted: string, options: RepublishOptions) => {
      process.exitCode = await withDatabase((db) => republish(db, wanted, options));
    });
}

/** @returns the exit code */
async function republish(db: Database, wanted: string, options: RepublishOptions): Promise<number> {
  const { from, dryRun, json } = options;
  const plan = await planRepublication(db, await findWantedSource(db, wanted), from);
  if (dryRun) {
    const check = await checkBytes(db, plan, findEndpoints(millraceHome())?.kafka_brokers);
    if (json) printJson({ ...plan, ...check });
    else {
      print(describe(plan));
      print(check.problem ? `${check.problem.code}: ${check.problem.message}` : 'All of their bytes are still there.');
      if (check.problem) print(`${formatCount(check.readable)} of ${plural(plan.chunks, 'chunk')} could be published`);
      if (check.problem && plan.applied - plan.failed === plan.chunks)
        print('All of them are applied: nothing is missing.');
    }
    return check.problem ? 1 : 0;
  }
  const id = await requestRepublication(db, plan.source, from);
  if (json) printJson({ id, ...plan });
  else {
    print(describe(plan));
    print(`Republication ${id}: an ingestor does it as soon as one runs.`);
  }
  if (options.wait) return wait(db, id, plan, json ?? false);
  if (!json) print(`How far it is: npx millrace checkpoints show --source ${plan.source}`);
  return 0;
}

async function wait(db: Database, id: number, plan: RepublicationPlan, json: boolean): Promise<number> {
  const ended = await followRepublication(db, id, plan.dataset, (line) => {
    if (json) printJson({ id, ...line });
    else print('waiting' in line ? line.waiting : `${formatCount(line.chunks)} of ${plural(plan.chunks, 'chunk')}`);
  });
  const { chunks, error, finished_at } = ended;
  if (json) printJson({ id, chunks, error, finished_at });
  else print(error ? `${error.code}: ${error.message}` : `${plural(chunks, 'chunk')} published again`);
  return error ? 1 : 0;
}

function describe(plan: RepublicationPlan): string {
  const { source, path, dataset, chunks, first_chunk, last_chunk, bytes, records, applied, failed, compacted } = plan;
  const size = bytes === null ? '' : `${formatBytes(bytes)}, `;
  const lines = [
    `Source ${source} of ${dataset}: ${path}`,
    `  chunks ${first_chunk} to ${last_chunk}: ${plural(chunks, 'chunk')}, ${size}${plural(records, 'record')}`,
    `  applied already: ${formatCount(applied)}, of which publishing again changes nothing`,
  ];
  if (failed > 0) lines.push(`  failed: ${formatCount(failed)} of those, whose place a message that can be read takes`);
  if (compacted > 0) {
    lines.push(
      `  ${plural(compacted, 'chunk')} more were merged into ranges once they were applied: they are left out`,
    );
  }
  return lines.join('\n');
}
