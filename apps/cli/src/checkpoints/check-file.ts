import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError, type SourceContext } from '@millrace/contracts';
import { type Compression, type Content, isDirect, openContent } from '@millrace/formats';
import type { Database } from '@millrace/postgres';
import type { BytesCheck } from './republication-plan.js';

interface FileRow {
  path: string;
  sealed_bytes: number;
  compression: Compression;
  context: SourceContext | null;
}

interface ChunkBytes {
  chunk: number;
  byte_start: number;
  byte_end: number;
  content_hash: Buffer;
}

const PAGE = 256;
const BLOCK_BYTES = 1024 * 1024;

/** Reads the recorded chunks of a file from a number on and compares their hashes, up to the first one that is not there as it was. */
export async function checkFile(db: Database, source: number, from_chunk: number): Promise<BytesCheck> {
  const [row] = await db.query<FileRow>(
    'select path, sealed_bytes::float8, compression, context from millrace.sources where id = $1',
    [source],
  );
  let readable = 0;
  try {
    await withContent(row, async (content) => {
      for await (const chunk of chunksOf(db, source, from_chunk)) {
        if (!(await isSame(content, chunk))) throw changed(row.path, chunk);
        readable++;
      }
    });
    return { readable, problem: null };
  } catch (error) {
    if (!(error instanceof MillraceError && error.code.startsWith('SOURCE_'))) throw error;
    return { readable, problem: { code: error.code, message: error.message } };
  }
}

async function withContent(row: FileRow, work: (content: Content) => Promise<void>): Promise<void> {
  const { path, compression, context, sealed_bytes } = row;
  const file = await openFile(path);
  try {
    const stats = await file.stat();
    if (!stats.isFile())
      throw new MillraceError('SOURCE_CHANGED', `${path} is no regular file`, { place: { file: path } });
    const text = {
      compression,
      encoding: context?.dialect?.encoding ?? 'utf-8',
      format: context?.format ?? 'csv',
    } as const;
    // What was added since it was listed is no part of a text that is not the file's own bytes.
    const size_bytes = isDirect(text) ? stats.size : Math.min(sealed_bytes, stats.size);
    const read = async (position: number, into: Uint8Array) =>
      (await file.read(into, 0, into.length, position)).bytesRead;
    const content = openContent({ read }, { ...text, size_bytes, path });
    await work(content).finally(() => content.close());
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // A FIFO that has taken the file's place must not be waited at.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const isGone = ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');
    const code = isGone ? 'SOURCE_VANISHED' : 'SOURCE_UNREADABLE';
    const message = isGone ? `${path} is not there, as seen from here` : (cause as Error).message;
    throw new MillraceError(code, message, { place: { file: path }, cause });
  }
}

async function* chunksOf(db: Database, source: number, from_chunk: number): AsyncGenerator<ChunkBytes> {
  for (let next = from_chunk; ; ) {
    const page = await db.query<ChunkBytes>(
      `select chunk, byte_start, byte_end, content_hash from millrace.chunks
       where source = $1 and chunk >= $2 order by chunk limit ${PAGE}`,
      [source, next],
    );
    yield* page;
    if (page.length < PAGE) return;
    next = page[page.length - 1].chunk + 1;
  }
}

async function isSame(content: Content, { byte_start, byte_end, content_hash }: ChunkBytes): Promise<boolean> {
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, byte_end - byte_start));
  for (let at = byte_start; at < byte_end; ) {
    const wanted = block.subarray(0, Math.min(block.length, byte_end - at));
    const filled = await content.readInto(wanted, at);
    if (filled === 0) return false;
    hash.update(wanted.subarray(0, filled));
    at += filled;
  }
  return hash.digest().equals(content_hash);
}

function changed(path: string, { chunk, byte_start, byte_end }: ChunkBytes): MillraceError {
  const message = `${path}: bytes ${byte_start} to ${byte_end} are not those that were recorded as chunk ${chunk}`;
  return new MillraceError('SOURCE_CHANGED', message, { place: { file: path } });
}
