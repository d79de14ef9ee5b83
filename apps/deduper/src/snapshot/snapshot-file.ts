import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { Generation } from '../filter/generation.js';

/**
 * A part's filter on disk: 4 KiB of header, then the generations' words, oldest first.
 *
 *     0 magic "MLRF"   4 version u32   8 header size u32   12 crc32 of the header   16 header, JSON
 */
const HEADER_BYTES = 4096;
const HEADER_AT = 16;
const MAGIC = 0x46524c4d;
const VERSION = 1;
const SLICE_BYTES = 1024 * 1024;

export interface SnapshotIdentity {
  /** The dataset with its key and parts: see `keyIdentity`. */
  plan: string;
  /** The Kafka cluster whose offsets are meant. */
  cluster: string;
  topic: string;
  partition: number;
}

export interface SnapshotHeader extends SnapshotIdentity {
  /** Every key of the records below this offset is in the generations; keys above it may be as well. */
  offset: bigint;
  generations: { log2_blocks: number; keys: number; crc32: number }[];
}

/**
 * Writes all or nothing: a temporary file, synced, renamed, its directory synced.
 *
 * The filter goes on being filled meanwhile. That is sound, as bits are only ever set: what is written holds at least
 * the bits of the moment of the call. Each slice is copied first, so that its checksum is that of the bytes written.
 * @returns bytes written
 */
export async function writeSnapshot(
  path: string,
  identity: SnapshotIdentity,
  offset: bigint,
  generations: readonly Generation[],
): Promise<number> {
  const written = generations.map((generation) => ({ generation, keys: generation.keys }));
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w');
  let position = HEADER_BYTES;
  try {
    const entries: SnapshotHeader['generations'] = [];
    for (const { generation, keys } of written) {
      const crc = await writeWords(file, generation.words, position);
      position += generation.size_bytes;
      entries.push({ log2_blocks: generation.log2Blocks, keys, crc32: crc });
    }
    await file.write(encodeHeader({ ...identity, offset, generations: entries }), 0, HEADER_BYTES, 0);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await rename(temporary, path);
  await syncDirectory(dirname(path));
  return position;
}

/** @returns undefined when there is no such file, `damaged` says why it cannot be used */
export async function readSnapshotHeader(path: string): Promise<SnapshotHeader | { damaged: string } | undefined> {
  const file = await openIfThere(path);
  if (!file) return undefined;
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await file.read(bytes, 0, HEADER_BYTES, 0);
    if (bytesRead < HEADER_BYTES) return { damaged: `only ${bytesRead} bytes` };
    return decodeHeader(bytes);
  } finally {
    await file.close();
  }
}

/** Reads the generations that `header` describes. @returns undefined when they do not match their checksums */
export async function readGenerations(path: string, header: SnapshotHeader): Promise<Generation[] | undefined> {
  const file = await openIfThere(path);
  if (!file) return undefined;
  try {
    const generations: Generation[] = [];
    let position = HEADER_BYTES;
    for (const entry of header.generations) {
      const generation = new Generation(entry.log2_blocks);
      const crc = await readWords(file, generation.words, position);
      if (crc !== entry.crc32) return undefined;
      generation.keys = entry.keys;
      position += generation.size_bytes;
      generations.push(generation);
    }
    return generations;
  } finally {
    await file.close();
  }
}

async function writeWords(file: FileHandle, words: Int32Array, position: number): Promise<number> {
  const live = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
  const slice = Buffer.allocUnsafe(Math.min(SLICE_BYTES, live.length));
  let crc = 0;
  for (let at = 0; at < live.length; at += slice.length) {
    const length = live.copy(slice, 0, at);
    crc = crc32(slice.subarray(0, length), crc);
    // Node writes what the disk takes: short writes are answered, not repeated.
    for (let done = 0; done < length; ) {
      done += (await file.write(slice, done, length - done, position + at + done)).bytesWritten;
    }
  }
  return crc;
}

/** @returns the checksum of what was read; -1 when the file ends early */
async function readWords(file: FileHandle, words: Int32Array, position: number): Promise<number> {
  const target = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
  let crc = 0;
  for (let at = 0; at < target.length; ) {
    const { bytesRead } = await file.read(target, at, Math.min(SLICE_BYTES, target.length - at), position + at);
    if (bytesRead === 0) return -1;
    crc = crc32(target.subarray(at, at + bytesRead), crc);
    at += bytesRead;
  }
  return crc;
}

function encodeHeader(header: SnapshotHeader): Buffer {
  const json = Buffer.from(JSON.stringify({ ...header, offset: String(header.offset) }));
  if (json.length > HEADER_BYTES - HEADER_AT) throw new RangeError(`snapshot header of ${json.length} bytes`);
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(VERSION, 4);
  bytes.writeUInt32LE(json.length, 8);
  bytes.writeUInt32LE(crc32(json), 12);
  json.copy(bytes, HEADER_AT);
  return bytes;
}

function decodeHeader(bytes: Buffer): SnapshotHeader | { damaged: string } {
  if (bytes.readUInt32LE(0) !== MAGIC) return { damaged: 'not a filter snapshot' };
  if (bytes.readUInt32LE(4) !== VERSION) return { damaged: `version ${bytes.readUInt32LE(4)}` };
  const json = bytes.subarray(HEADER_AT, HEADER_AT + bytes.readUInt32LE(8));
  if (crc32(json) !== bytes.readUInt32LE(12)) return { damaged: 'header checksum does not match' };
  const header = JSON.parse(json.toString('utf8'));
  return { ...header, offset: BigInt(header.offset) };
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
