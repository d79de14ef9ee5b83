import { MillraceError } from '@millrace/contracts';
import { type DatasetPlan, loadPlan } from '@millrace/dataset';
import { Command } from 'commander';
import { findConfig } from '../datasets.js';
import { type Fences, fitFences } from '../outliers/fit-fences.js';
import { recordFences } from '../outliers/record-fences.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { formatTable } from '../screen/tables.js';
import { withDatabase } from '../with-database.js';

type Options = OutputOptions & { dataset: string; dryRun?: boolean };

export function outliersCommand(): Command {
  const fit = new Command('fit')
    .description('find the fences of outlier rules in the rows that are there, and write them into the config')
    .requiredOption('--dataset <name>', 'a dataset by its name, or its config file')
    .option('--dry-run', 'only print them')
    .option('--json', 'print JSON')
    .action(async ({ dataset, dryRun, json }: Options) => {
      const file = findConfig(dataset);
      const plan = loadPlan(file);
      const fences = await withDatabase((db) => fitFences(db, plan));
      if (!dryRun) recordFences(file, fences);
      if (json) return printJson({ dataset: plan.name, config: file, recorded: !dryRun, fences });
      show(plan, fences);
      if (dryRun) return print('Nothing was written (--dry-run).');
      print(`Written to ${file}: from the next run on these fences hold for every source, as a version of its own.`);
    });
  return new Command('outliers').description('the fences of outlier rules').addCommand(fit);
}

function show(plan: DatasetPlan, fences: Fences[]): void {
  if (fences.length === 0) {
    throw new MillraceError('CONFIG_INVALID', `no column of ${plan.name} has outliers: { method, factor }`);
  }
  print(
    formatTable(
      fences.map(({ column, method, factor, values, low, high }) => ({
        column,
        rule: `${method} x ${factor}`,
        values,
        low,
        high,
      })),
    ),
  );
}
