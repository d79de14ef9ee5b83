import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { type DatasetPlan, loadPlan } from '@millrace/dataset';
import { type FileSample, globOf, proposeConfig, sampleFile, widenByRest } from '@millrace/profile';
import { findFiles } from '../init/find-files.js';

export interface MappedFile {
  /** Relative to the directory. */
  file: string;
  plan: DatasetPlan;
  config: string;
  sample: FileSample;
}

export interface Mapping {
  /** Absolute. */
  directory: string;
  files: MappedFile[];
  /** Off the known endings, or empty. */
  passed_over: string[];
  /** Files that could not be looked at. */
  failed: { file: string; error: MillraceError }[];
}

/** One partition a topic is enough for a table of one file: a hundred of them are a hundred datasets. */
const PARTS = 1;

/**
 * Files that nobody configured, each mapped to a table of its own: a config for each, made once and kept below the home, so
 * that the next run finds the same tables. Types come from a sample; then the rest of the file is read once, and a type
 * that a later row does not have is widened before anything is loaded.
 */
export async function mapFiles(path: string, home: string, rows: number): Promise<Mapping> {
  const { directory, files, passed_over } = findFiles(path);
  const configs = join(home, 'auto', createHash('sha256').update(directory).digest('hex').slice(0, 12));
  mkdirSync(configs, { recursive: true });
  const index = readIndex(configs);
  const taken = {
    datasets: new Set(Object.values(index).map(({ dataset }) => dataset)),
    tables: new Set(Object.values(index).map(({ table }) => table)),
  };
  const mapping: Mapping = { directory, files: [], passed_over, failed: [] };
  for (const file of files) {
    try {
      const sample = await widenByRest(await sampleFile(join(directory, file), { rows }));
      if (sample.fields.length === 0) {
        mapping.passed_over.push(file);
        continue;
      }
      const known = index[file];
      const proposal = proposeConfig(sample, {
        dataset: known?.dataset,
        pattern: globOf(file),
        parts: PARTS,
        guess_key: false,
        taken: known ? undefined : taken,
      });
      index[file] = { dataset: proposal.dataset, table: known?.table ?? proposal.table };
      const config = join(configs, `${proposal.dataset}.yaml`);
      writeFileSync(config, proposal.yaml);
      mapping.files.push({ file, plan: loadPlan(config), config, sample });
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      mapping.failed.push({ file, error });
    }
  }
  writeFileSync(join(configs, INDEX), `${JSON.stringify(index, null, 2)}\n`);
  return mapping;
}

const INDEX = 'files.json';

/** Which file has which dataset, so that names stay when files come and go. */
function readIndex(configs: string): Record<string, { dataset: string; table: string }> {
  const file = join(configs, INDEX);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}
