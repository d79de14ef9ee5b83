import { closeSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CommandFailure } from '../failure.js';

const COMPRESSED = /\.(gz|zst)$/i;

/** Name of the file that a source is converted to: its own with the suffix, or, without one, ending in `.csv` whatever it was. */
export function outputName(source: string, suffix: string | null): string {
  const name = basename(source);
  if (suffix !== null) return name + suffix;
  const text = name.replace(COMPRESSED, '');
  return /\.csv$/i.test(text) ? text : `${text}.csv`;
}

/**
 * Where each source goes.
 * @throws CommandFailure USAGE when two would be written to one file, or one over a source
 */
export function outputPaths(sources: readonly string[], directory: string, suffix: string | null): Map<string, string> {
  mkdirSync(directory, { recursive: true });
  const target = realpathSync(directory);
  const taken = new Map<string, string>();
  const paths = new Map<string, string>();
  const originals = new Set(sources.map((source) => resolve(source)));
  for (const source of sources) {
    const path = join(target, outputName(source, suffix));
    const other = taken.get(path);
    if (other !== undefined) throw refusal(`${other} and ${source} would both be written to ${path}`);
    if (originals.has(path)) throw refusal(`${path} would be overwritten, and is to be read`);
    taken.set(path, source);
    paths.set(source, path);
  }
  return paths;
}

function refusal(message: string): CommandFailure {
  return new CommandFailure('USAGE', message, 'choose another directory with --out, or other names with --suffix');
}

/** A file that is there only when it is whole: until then, its bytes are in one beside it. */
export class OutputFile {
  private readonly draft: string;
  private readonly file: number;

  constructor(private readonly path: string) {
    this.draft = join(dirname(path), `.${basename(path)}.${process.pid}`);
    this.file = openSync(this.draft, 'w');
  }

  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
  }

  finish(): void {
    closeSync(this.file);
    renameSync(this.draft, this.path);
  }

  discard(): void {
    closeSync(this.file);
    rmSync(this.draft, { force: true });
  }
}
