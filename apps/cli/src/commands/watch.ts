import { resolve } from 'node:path';
import { loadPlans, planNamed } from '@millrace/dataset';
import { Command } from 'commander';
import { addWatch, readWatches, removeWatch, requireDirectory } from '../live/watches.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { datasetsDirectory } from '../project.js';
import { formatTable } from '../screen/tables.js';
import { watchRow } from '../screen/watch-row.js';
import { withDatabase } from '../with-database.js';

type Options = OutputOptions & { dataset: string; path: string };

function directoryCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption('--dataset <name>', 'which dataset')
    .requiredOption('--path <dir>', 'the directory')
    .option('--json', 'print JSON');
}

export function watchCommand(): Command {
  return directoryCommand('watch', 'watch a directory for ever: new files, and files that grow').action(
    async ({ dataset, path, json }: Options) => {
      const request = {
        dataset: planNamed(loadPlans(datasetsDirectory()), dataset).name,
        path: requireDirectory(path),
      };
      const { id, added } = await withDatabase((db) => addWatch(db, request));
      if (json) return printJson({ id, ...request, added });
      print(added ? `Watching ${request.path}` : `${request.path} is watched already`);
    },
  );
}

export function unwatchCommand(): Command {
  return directoryCommand('unwatch', 'watch a directory no more; what came of it stays').action(
    async ({ dataset, path, json }: Options) => {
      // It may be gone by now.
      const request = { dataset, path: resolve(path) };
      const removed = await withDatabase((db) => removeWatch(db, request));
      if (json) return printJson({ ...request, removed });
      print(removed ? `No longer watching ${request.path}` : `${request.path} was not watched`);
    },
  );
}

export function watchesCommand(): Command {
  return new Command('watches')
    .description('the directories that are watched')
    .option('--json', 'print JSON')
    .action(async ({ json }: OutputOptions) => {
      const watches = await withDatabase(readWatches);
      if (json) return printJson({ watches });
      print(watches.length > 0 ? formatTable(watches.map(watchRow)) : 'No directory is watched.');
    });
}
