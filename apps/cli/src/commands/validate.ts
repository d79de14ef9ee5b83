import { loadPlans } from '@millrace/dataset';
import { Command } from 'commander';
import { type OutputOptions, print, printJson } from '../output.js';
import { datasetsDirectory } from '../project.js';

export function validateCommand(): Command {
  return new Command('validate')
    .description('check the dataset configurations (MILLRACE_DATASETS, default datasets/)')
    .option('--json', 'print JSON')
    .action(({ json }: OutputOptions) => {
      const directory = datasetsDirectory();
      const plans = loadPlans(directory);
      const datasets = [...plans.values()].map(({ name, fingerprint, table, columns, key, parts, gold }) => ({
        name,
        fingerprint,
        table,
        key: columns[key].name,
        columns: columns.length,
        parts,
        gold: gold.map((item) => item.table),
      }));
      if (json) return printJson({ datasets });
      for (const { name, fingerprint, columns, key, gold } of datasets) {
        print(`${name}: valid, plan ${fingerprint}, ${columns} columns, key ${key}, gold ${gold.join(', ') || 'none'}`);
      }
      if (datasets.length === 0) print(`no *.yaml in ${directory}`);
    });
}
