import { join, matchesGlob } from 'node:path';
import { MillraceError, PLAIN_DIALECT } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { type FileSample, MARGIN, type MemoryPlan, planMemory, sampleFile } from '@millrace/profile';
import { Command } from 'commander';
import { findFiles } from '../init/find-files.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { formatBytes, formatCount, plural } from '../screen/format.js';

/** More files are not looked at: the ones in between are taken to be like their neighbours. */
const SAMPLED_FILES = 32;
/** Lengths and types of some rows will do: every run begins with this. */
const ROWS = 200;
const SAMPLED_BYTES = 64 * 1024;
const COMPRESSED = /\.(gz|zst)$/i;

export function planCommand(): Command {
  return new Command('plan')
    .description('estimate the memory that files would take at once, and say how they will be read')
    .argument('<path>', 'a file or a directory')
    .option('--json', 'print JSON')
    .action(async (path: string, { json }: OutputOptions) => {
      const { files, samples, plan } = await planPath(path);
      if (json) return printJson({ files, sampled: samples.length, ...plan });
      print(`${plural(files, 'file')}, about ${formatCount(plan.rows)} rows (${samples.length} of the files sampled)`);
      print(`need       ${formatBytes(plan.need_bytes)} for all rows at once`);
      print(`available  ${formatBytes(plan.available_bytes)}, less ${MARGIN * 100}% kept free`);
      print(`ratio      ${plan.ratio.toFixed(2)}: ${plan.mode} (eager up to 0.65, lazy up to 2.0, else streaming)`);
      print(
        `so         chunks of ${formatBytes(plan.chunk_bytes)} (about ${formatCount(plan.batch_rows)} rows), ${formatBytes(plan.in_flight_bytes)} under way at most`,
      );
    });
}

/**
 * @param of only the files of this dataset
 * @throws MillraceError SOURCE_UNREADABLE
 */
export async function planPath(
  path: string,
  of?: Pick<DatasetPlan, 'pattern' | 'source'>,
): Promise<{ files: number; samples: FileSample[]; plan: MemoryPlan }> {
  const { directory, files: all } = findFiles(path);
  const files = of ? all.filter((file) => isWanted(file, of.pattern)) : all;
  const step = Math.max(1, Math.ceil(files.length / SAMPLED_FILES));
  const samples: FileSample[] = [];
  for (let index = 0; index < files.length; index += step) {
    const sample = await attempt(join(directory, files[index]), of);
    if (sample) samples.push(sample);
  }
  const estimate = planMemory(samples, process.availableMemory());
  return { files: files.length, samples, plan: step === 1 ? estimate : scaled(samples, step) };
}

/** A file that cannot be read is left out: who runs over it will tell why. */
async function attempt(path: string, of: Pick<DatasetPlan, 'source'> | undefined): Promise<FileSample | undefined> {
  const format = of && of.source.format !== 'auto' ? of.source.format : undefined;
  const stated = of?.source.dialect;
  const dialect = stated === 'plain' ? PLAIN_DIALECT : typeof stated === 'object' ? stated : undefined;
  try {
    return await sampleFile(path, { rows: ROWS, text_bytes: SAMPLED_BYTES, format, dialect });
  } catch (error) {
    if (error instanceof MillraceError) return undefined;
    throw error;
  }
}

/** Each sampled file stands for those behind it up to the next. */
function scaled(samples: FileSample[], step: number): MemoryPlan {
  return planMemory(
    samples.flatMap((sample) => Array.from({ length: step }, () => sample)),
    process.availableMemory(),
  );
}

/** As the ingestor takes a name: as it is, or uncompressed. */
function isWanted(file: string, pattern: string): boolean {
  return matchesGlob(file, pattern) || matchesGlob(file.replace(COMPRESSED, ''), pattern);
}
