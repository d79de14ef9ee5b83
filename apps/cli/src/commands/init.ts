import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { parseConfig } from '@millrace/dataset';
import { type FileSample, type Proposal, proposeConfig, SAMPLE_ROWS, sampleFile } from '@millrace/profile';
import { Command } from 'commander';
import { findFiles } from '../init/find-files.js';
import { groupSamples, type SampleGroup } from '../init/group-samples.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { datasetsDirectory } from '../project.js';
import { plural } from '../screen/format.js';
import { wholeNumber } from '../whole-number.js';

type Options = OutputOptions & { path: string; dataset?: string; out?: string; rows: number; force?: boolean };

export function initCommand(): Command {
  return new Command('init')
    .description('look at real files and write a first config for them, with its guesses explained')
    .requiredOption('--path <file or dir>', 'the files; those with the same fields become one dataset')
    .option('--dataset <name>', 'name of the dataset and its table (default: by the file)')
    .option('--out <file or dir>', 'where to; - prints it (default: MILLRACE_DATASETS, datasets/)')
    .option('--rows <n>', 'rows of each file to look at', wholeNumber, SAMPLE_ROWS)
    .option('--force', 'write over a config that is there')
    .option('--json', 'print JSON')
    .action(init);
}

async function init({ path, dataset, out, rows, force, json }: Options): Promise<void> {
  const { directory, files, passed_over } = findFiles(path);
  if (files.length === 0) {
    throw new MillraceError(
      'SOURCE_UNREADABLE',
      'no file whose name tells its format (.csv, .jsonl, .json, .parquet)',
      {
        place: { file: directory },
      },
    );
  }
  const samples: { file: string; sample: FileSample }[] = [];
  for (const file of files) {
    const sample = await sampleFile(join(directory, file), { rows });
    if (sample.fields.length > 0) samples.push({ file, sample });
    else passed_over.push(file);
  }
  if (samples.length === 0) {
    throw new MillraceError('SOURCE_UNREADABLE', 'nothing but empty files', { place: { file: directory } });
  }
  const groups = groupSamples(samples);
  const proposals = propose(groups, dataset);
  if (out === '-') return print(proposals.map(({ yaml }) => yaml).join('\n'));
  const written = proposals.map((proposal) => write(proposal, out, proposals.length > 1, force ?? false));
  if (json) return printJson({ configs: written, passed_over });
  for (const [index, { file, dataset: name }] of written.entries()) {
    print(`${file}: dataset ${name} for ${plural(groups[index].files.length, 'file')} (${groups[index].pattern})`);
    for (const finding of groups[index].sample.findings) print(`  ${finding}`);
  }
  if (passed_over.length > 0) print(`${plural(passed_over.length, 'other file')} passed over`);
  print(`Next: read ${written.length === 1 ? 'it' : 'them'}, then`);
  print(
    `      npx millrace run --once --dataset ${written.length === 1 ? written[0].file : dirname(written[0].file)} --path ${relative(process.cwd(), directory) || '.'}`,
  );
}

function propose(groups: SampleGroup[], dataset: string | undefined): Proposal[] {
  const taken = { datasets: new Set<string>(), tables: new Set<string>() };
  return groups.map(({ sample, pattern }) => proposeConfig(sample, { dataset, pattern, taken }));
}

/** @throws MillraceError CONFIG_INVALID when a config is there already */
function write(proposal: Proposal, out: string | undefined, several: boolean, force: boolean) {
  const { dataset, table, yaml } = proposal;
  const target = resolve(out ?? datasetsDirectory());
  const isFile = !several && /\.ya?ml$/i.test(target);
  const file = isFile ? target : join(target, `${dataset}.yaml`);
  // Whatever was proposed must be what the checks would have said, too.
  parseConfig(yaml, file);
  if (existsSync(file) && !force) {
    throw new MillraceError('CONFIG_INVALID', 'is there already: --force writes over it, --out names another', {
      place: { file },
    });
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, yaml);
  return { file: relative(process.cwd(), file), dataset, table };
}
