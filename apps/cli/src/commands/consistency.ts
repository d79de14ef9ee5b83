import { type DatasetPlan, planOf } from '@millrace/dataset';
import { consistency, type Database, readPlans } from '@millrace/postgres';
import { Command } from 'commander';
import { DATASET_OPTION, resolvePlans } from '../datasets.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { formatCount } from '../screen/format.js';
import { formatTable } from '../screen/tables.js';
import { withDatabase } from '../with-database.js';

export function consistencyCommand(): Command {
  return new Command('consistency')
    .description('how many values of references are no keys where they should be: told, never enforced')
    .option('--dataset <name>', `${DATASET_OPTION} (default: all that were run)`)
    .option('--json', 'print JSON')
    .action(async ({ dataset, json }: OutputOptions & { dataset?: string }) => {
      const rows = await withDatabase(async (db) =>
        consistency(db, dataset === undefined ? await registered(db) : resolvePlans(dataset)),
      );
      if (json) return printJson({ references: rows });
      if (rows.length === 0) return print('No dataset has references.');
      print(
        formatTable(
          rows.map(({ dataset: name, columns, references, checked, missing, problem }) => ({
            reference: `${name}.${columns.join(', ')} -> ${references}`,
            checked: formatCount(checked),
            missing: missing === null ? '' : formatCount(missing),
            share: missing === null || checked === 0 ? '' : `${((100 * missing) / checked).toFixed(2)}%`,
            '': problem ?? '',
          })),
        ),
      );
    });
}

/** The current version of each dataset. */
async function registered(db: Database): Promise<DatasetPlan[]> {
  const current = new Map((await readPlans(db)).map(({ name, config }) => [name, config]));
  return [...current.values()].map(planOf);
}
