import { hash } from 'node:crypto';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { readNaively } from '../../../../../libs/csv/src/testing/naive-csv.js';
import type { ReadChunk } from '../chunk-row.js';
import { cutSource, stateAfter } from '../cut-source.js';
import { endOf } from '../end-missing.js';
import { isSameInode, statOf } from '../file-stat.js';
import { type Identity, identifyFile, type KnownSource, type SourceState } from '../identify-file.js';
import { findByInode, type ListedFile, listFiles } from '../list-files.js';
import { verifyContent } from '../verify-content.js';

interface FoundSource extends Omit<KnownSource, 'has_chunks'> {
  header: Buffer | null;
  header_end: number | null;
  chunks: ReadChunk[];
  error: string | null;
}

export type Books = [name: string, state: SourceState, ...records: string[]][];

/** A directory that is followed with the steps of the ingestor, and an array in place of PostgreSQL. */
export class LiveDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'millrace-live-'));
  readonly sources: FoundSource[] = [];

  constructor(private readonly pattern = '**/*.{csv,log}') {}

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string | Buffer): void {
    writeFileSync(this.at(name), content, 'latin1');
  }

  append(name: string, content: string): void {
    appendFileSync(this.at(name), content, 'latin1');
  }

  /** Puts the content there as another file. */
  replace(name: string, content: string): void {
    this.write('.fresh', content);
    renameSync(this.at('.fresh'), this.at(name));
  }

  rename(name: string, to: string): void {
    renameSync(this.at(name), this.at(to));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** One listing, and all that can be cut after it. */
  async pass(): Promise<void> {
    await this.list();
    await this.cut();
  }

  /** A listing after which the files were quiet for long enough. */
  async settle(): Promise<void> {
    await this.pass();
    for (const source of this.sources) {
      if (source.sealed || !isUndisturbed(source)) continue;
      Object.assign(source, { sealed: true, state: 'registered' });
      const chunks = source.chunks.map(({ row }) => row);
      const isSame =
        chunks.length === 0 || (await verifyContent(source.path, { ...source, chunks }, source.compression));
      if (!isSame) source.state = 'changed';
    }
    await this.cut();
  }

  async list(): Promise<void> {
    const listing = await listFiles(this.path, this.pattern);
    const followed = this.sources.filter((source) => !source.sealed && isUndisturbed(source));
    const taken = new Set<FoundSource>();
    for (const file of listing.files) this.take(file, await this.identify(file, taken), taken);
    const missing = followed.filter((source) => !taken.has(source));
    const wanted = missing.map(({ stat }) => stat);
    for (const file of await findByInode(listing, wanted)) {
      const identity = await this.identify(file, taken);
      if (identity.kind !== 'new') this.take(file, identity, taken);
    }
    for (const source of missing.filter((each) => !taken.has(each))) await this.giveUp(source);
  }

  async cut(): Promise<void> {
    for (const source of this.sources.filter(({ state }) => state === 'registered')) {
      const rows = source.chunks.map(({ row }) => row);
      const tail = rows.findLast(({ flags }) => flags !== 2) ?? null;
      for await (const step of cutSource({ ...source, context: null, last: rows.at(-1) ?? null, tail }, 'plan')) {
        if (step.kind === 'chunk') source.chunks.push(step);
        if (step.kind === 'header') Object.assign(source, { header: step.header, header_end: step.header_end });
        if (step.kind === 'end') Object.assign(source, { state: step.state, error: step.error?.message ?? null });
      }
    }
  }

  /** What a reader sees: of each source its name, its state, and its records; rejects as a whole begin with `!`. */
  books(): Books {
    return this.sources.map((source) => [relative(this.path, source.path), source.state, ...recordsOf(source)]);
  }

  private async identify(file: ListedFile, taken: Set<FoundSource>): Promise<Identity> {
    const candidates = this.sources
      .filter((source) => !taken.has(source) && (source.path === file.path || isSameInode(source.stat, file.stat)))
      .map((source) => ({ ...source, has_chunks: source.chunks.length > 0 }))
      .sort((a, b) => Number(b.path === file.path) - Number(a.path === file.path) || b.id - a.id);
    const contentOf = async ({ id }: KnownSource) => {
      const { header, header_end, chunks } = this.sources[id - 1];
      return { header, header_end, chunks: chunks.map(({ row }) => row) };
    };
    return identifyFile(file, candidates, contentOf, { live: true });
  }

  private async giveUp(source: FoundSource): Promise<void> {
    const read_bytes = source.chunks.at(-1)?.row.byte_end ?? source.header_end ?? 0;
    const known = {
      ...source,
      has_chunks: source.chunks.length > 0,
      watch: 1,
      read_bytes,
      is_direct: source.compression === null,
    };
    const end = endOf(known, { is_leased: false, is_unpublished: false, is_overdue: false }, await statOf(source.path));
    if (end.kind !== 'ended') throw new Error(`${source.path} is not given up: ${end.kind}`);
    const state = end.error ? stateAfter(end.error) : 'cut';
    Object.assign(source, { sealed: true, state, error: end.error?.message ?? null });
  }

  private take(file: ListedFile, identity: Identity, taken: Set<FoundSource>): void {
    const { path, stat, compression } = file;
    const listed = { path, stat, sealed_bytes: stat.size_bytes };
    const open = { sealed: false, state: 'registered', error: null } as const;
    if (identity.kind === 'new') {
      const id = this.sources.length + 1;
      const source: FoundSource = {
        id,
        ...listed,
        ...open,
        compression,

        header: null,
        header_end: null,
        chunks: [],
      };
      this.sources.push(source);
      taken.add(source);
      return;
    }
    const source = this.sources[identity.source.id - 1];
    taken.add(source);
    if (identity.kind === 'known' || identity.kind === 'unread') return;
    const hasGrown = stat.size_bytes > source.sealed_bytes;
    Object.assign(source, listed);
    if (identity.kind === 'restarted') Object.assign(source, { ...open, header: null, header_end: null });
    else if (hasGrown || !isUndisturbed(source)) Object.assign(source, open);
  }
}

function isUndisturbed({ state }: { state: SourceState }): boolean {
  return state === 'registered' || state === 'live' || state === 'cut';
}

/** @throws Error when chunks overlap, leave something out, or do not count what they hold */
function recordsOf({ path, header_end, chunks }: FoundSource): string[] {
  let byte_start = header_end;
  let first_record = 1;
  return chunks.flatMap(({ row, raw }, chunk) => {
    const text = raw.toString('latin1');
    const records = row.flags ? [`!${text}`] : naiveRecords(text);
    const expected = { chunk, byte_start, first_record, records: records.length };
    for (const [name, value] of Object.entries(expected)) {
      if (row[name as keyof typeof row] !== value) throw new Error(`${path}: chunk ${chunk} has another ${name}`);
    }
    if (!row.flags && !hash('sha256', raw, 'buffer').equals(row.content_hash)) throw new Error(`${path}: hash`);
    byte_start = row.byte_end;
    first_record += row.records;
    return records;
  });
}

/** The records of a text without header, without their line ends. */
export function naiveRecords(text: string): string[] {
  const records = readNaively(text).filter(({ kind }) => kind === 'record');
  return records.map(({ start, end }) => text.slice(start, end).replace(/\r?\n$/, ''));
}
