import { configSchema, type DatasetPlan, loadPlans } from '@millrace/dataset';
import { Command } from 'commander';
import { type OutputOptions, print, printJson } from '../output.js';
import { datasetsDirectory } from '../project.js';

type Options = OutputOptions & { schema?: boolean };

export function validateCommand(): Command {
  return new Command('validate')
    .description('check dataset configs: files or directories (default: MILLRACE_DATASETS, datasets/)')
    .argument('[paths...]')
    .option('--schema', 'print the JSON Schema of a config instead, for editors')
    .option('--json', 'print JSON')
    .action((paths: string[], { json, schema }: Options) => {
      if (schema) return print(JSON.stringify(configSchema(), null, 2));
      const places = paths.length > 0 ? paths : [datasetsDirectory()];
      const datasets = places.flatMap((place) => [...loadPlans(place).values()]).map(summary);
      if (json) return printJson({ datasets });
      for (const { name, fingerprint, columns, key, gold } of datasets) {
        const tables = gold.join(', ') || 'none';
        print(`${name}: valid, plan ${fingerprint}, ${columns} columns, key ${key ?? 'none'}, gold ${tables}`);
      }
    });
}

function summary({ name, fingerprint, table, columns, keys, keep, parts, gold, top_n }: DatasetPlan) {
  return {
    name,
    fingerprint,
    table,
    key: keys.length === 0 ? null : keys.map((index) => columns[index].name).join(', '),
    keep: keep.kind === 'max' ? `max(${columns[keep.column].name})` : keep.kind,
    columns: columns.filter(({ hidden }) => !hidden).length,
    parts,
    gold: gold.map((item) => item.table),
    views: top_n.map(({ view }) => view),
  };
}
