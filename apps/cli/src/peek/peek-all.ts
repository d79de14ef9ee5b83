import { errorBlock } from '../failure.js';
import { CsvWriter } from './csv-writer.js';
import { describeReject, REJECT_HEADER } from './describe.js';
import { readDialect } from './dialect-file.js';
import { OutputFile, outputPaths } from './out-directory.js';
import { type PeekOptions, type PeekReport, peekFile } from './peek-file.js';

export interface PeekAllOptions {
  /** A file or a directory, as `readDialect` takes it. */
  dialect?: string;
  out?: string;
  suffix?: string;
  rejects?: boolean;
  strict?: boolean;
}

/** Where what is said goes, and the rows where there is no directory for them. */
export interface PeekOutput {
  /** Resolves when there is room for more. null: no rows are wanted. */
  rows: ((bytes: Buffer) => Promise<void>) | null;
  rejects(text: string): void;
  /** A file is done. */
  report(report: PeekReport): void;
  failure(text: string): void;
}

/**
 * Reads one file after the other; one that fails does not keep the others from being read.
 * @returns how many failed
 * @throws CommandFailure USAGE before anything is read
 */
export async function peekAll(files: readonly string[], options: PeekAllOptions, output: PeekOutput): Promise<number> {
  const paths = options.out === undefined ? null : outputPaths(files, options.out, options.suffix ?? null);
  let failed = 0;
  for (const file of files) {
    try {
      const given = options.dialect === undefined ? null : readDialect(options.dialect, file);
      const peek = { given, strict: options.strict ?? false };
      const path = paths?.get(file);
      if (path === undefined) await peekToStream(file, peek, options, output);
      else await peekToFile(file, path, peek, options, output);
    } catch (error) {
      failed++;
      output.failure(errorBlock(error));
    }
  }
  return failed;
}

async function peekToStream(
  file: string,
  peek: PeekOptions,
  options: PeekAllOptions,
  output: PeekOutput,
): Promise<void> {
  const rows = new CsvWriter();
  const flush = async () => {
    const bytes = rows.take();
    await output.rows?.(bytes);
  };
  const reject = (item: Parameters<typeof describeReject>[1]) => {
    if (options.rejects) output.rejects(describeReject(file, item));
  };
  const report = await peekFile(file, peek, { rows, flush, reject });
  await flush();
  output.report(report);
}

/** Rejects go to `<path>.rejects.csv`, with `.csv` taken off the path. */
async function peekToFile(
  file: string,
  path: string,
  peek: PeekOptions,
  options: PeekAllOptions,
  output: PeekOutput,
): Promise<void> {
  const rows = new CsvWriter();
  const rejects = new CsvWriter();
  const target = new OutputFile(path);
  const rejects_target = options.rejects ? new OutputFile(`${path.replace(/\.csv$/i, '')}.rejects.csv`) : null;
  const flush = () => {
    target.write(rows.take());
    rejects_target?.write(rejects.take());
  };
  rejects.row(REJECT_HEADER);
  try {
    const report = await peekFile(file, peek, {
      rows,
      flush,
      reject: ({ code, position, record, raw }) => {
        if (rejects_target) rejects.row([String(record), String(position), code, raw.toString('utf8')]);
      },
    });
    flush();
    target.finish();
    rejects_target?.finish();
    output.report(report);
  } catch (error) {
    target.discard();
    rejects_target?.discard();
    throw error;
  }
}
