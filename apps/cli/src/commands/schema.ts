import { join } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { compareSchema, type Drift, sampleFile } from '@millrace/profile';
import { Command } from 'commander';
import { DATASET_OPTION, resolvePlan } from '../datasets.js';
import { findFiles } from '../init/find-files.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { formatTable } from '../screen/tables.js';
import { withDatabase } from '../with-database.js';

type Options = OutputOptions & { dataset: string; path?: string };
type FileDifference = Pick<Drift, 'kind' | 'column_name' | 'detail'> & { file: string };

export function schemaCommand(): Command {
  const diff = new Command('diff')
    .description('how files differ from their dataset: new, missing, renamed and retyped columns (exit code 2 if any)')
    .requiredOption('--dataset <name>', DATASET_OPTION)
    .option('--path <file or dir>', 'files to look at now; without it: what the runs so far have seen')
    .option('--json', 'print JSON')
    .action(async ({ dataset, path, json }: Options) => {
      const plan = resolvePlan(dataset);
      const differences = path === undefined ? await recorded(plan) : await found(plan, path);
      process.exitCode = differences.length === 0 ? 0 : 2;
      if (json) return printJson({ dataset: plan.name, drift: plan.source.drift, differences });
      if (differences.length === 0) return print(`No difference from ${plan.name}.`);
      print(
        formatTable(
          differences.map(({ file, kind, column_name, detail }) => ({
            file,
            '': kind,
            column: column_name,
            what: detail,
          })),
        ),
      );
      print(`drift: ${plan.source.drift} (${POLICY[plan.source.drift]})`);
    });
  return new Command('schema').description('the columns of files against those of their dataset').addCommand(diff);
}

const POLICY: Record<DatasetPlan['source']['drift'], string> = {
  evolve: 'a new column is added to the table, nullable; nothing is ever dropped',
  reject: 'a file that differs is not read',
  ignore: 'differences are told, and nothing else',
};

async function found(plan: DatasetPlan, path: string): Promise<FileDifference[]> {
  const { directory, files } = findFiles(path);
  const all: FileDifference[] = [];
  for (const file of files) {
    const { format, dialect } = plan.source;
    const sample = await sampleFile(join(directory, file), {
      format: format === 'auto' ? undefined : format,
      dialect: typeof dialect === 'object' ? dialect : undefined,
    });
    const fields = { names: sample.fields.map(({ name }) => name), rows: sample.first_rows };
    all.push(
      ...compareSchema(plan, fields).map(({ kind, column_name, detail }) => ({ file, kind, column_name, detail })),
    );
  }
  return all;
}

/** The latest of each kind, file and column. */
async function recorded(plan: DatasetPlan): Promise<FileDifference[]> {
  return withDatabase(async (db) => {
    const [{ seen }] = await db.query<{ seen: number }>(
      'select count(*)::int as seen from millrace.sources where dataset = $1',
      [plan.name],
    );
    if (seen === 0) {
      throw new MillraceError(
        'DATASET_UNKNOWN',
        `no source of ${plan.name} was read yet: name --path to look at files`,
      );
    }
    return db.query<FileDifference>(
      `select distinct on (path, kind, column_name) path as file, kind, column_name,
         detail || ' (' || action || ')' as detail
       from millrace.drift_events where dataset = $1 order by path, kind, column_name, at desc`,
      [plan.name],
    );
  });
}
