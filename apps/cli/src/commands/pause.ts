import { pauseDataset, resumeDataset } from '@millrace/postgres';
import { Command } from 'commander';
import { requireDataset } from '../checkpoints/require-dataset.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { withDatabase } from '../with-database.js';

export function pauseCommand(): Command {
  return new Command('pause')
    .description('take nothing new of a dataset until it is resumed; what is on its way is still applied')
    .argument('<dataset>', 'which one')
    .option('--reason <text>', 'for those who wonder')
    .option('--json', 'print JSON')
    .action(async (dataset: string, { reason, json }: OutputOptions & { reason?: string }) => {
      const pause = await withDatabase(async (db) => {
        await requireDataset(db, dataset);
        return pauseDataset(db, dataset, reason ?? null);
      });
      if (json) return printJson(pause);
      print(`${dataset} is paused${pause.is_news ? '' : ` already, since ${pause.paused_at.toISOString()}`}`);
      print('Within a second nothing new of it is cut or published; what is on its way is still applied.');
      print(`HTTP requests and messages wait in its inbox. Go on: npx millrace resume ${dataset}`);
    });
}

export function resumeCommand(): Command {
  return new Command('resume')
    .description('go on with a dataset that was paused')
    .argument('<dataset>', 'which one')
    .option('--json', 'print JSON')
    .action(async (dataset: string, { json }: OutputOptions) => {
      const ended = await withDatabase(async (db) => {
        await requireDataset(db, dataset);
        return resumeDataset(db, dataset);
      });
      if (json) return printJson({ dataset, was_paused: ended !== undefined, paused_at: ended?.paused_at ?? null });
      print(ended ? `${dataset} goes on where it stood` : `${dataset} was not paused`);
    });
}
