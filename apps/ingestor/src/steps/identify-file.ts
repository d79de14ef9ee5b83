import { type FileStat, isBornBefore, isSameInode, isSameStat, statOf } from './file-stat.js';
import type { ListedFile } from './list-files.js';
import { type Compression, isSourceError } from './source-file.js';
import { type RecordedContent, verifyContent, verifyEnd } from './verify-content.js';

export type { RecordedContent } from './verify-content.js';

export type SourceState = 'registered' | 'live' | 'cut' | 'changed' | 'vanished' | 'failed';

/** A source of the same dataset that may be the listed file: it has its path or its inode. */
export interface KnownSource {
  id: number;
  path: string;
  /** As of the last listing; `sealed_bytes` is the size to read to, of a compressed file its compressed one. */
  stat: FileStat;
  sealed_bytes: number;
  /** False while it may still grow: then only its whole records are recorded. */
  sealed: boolean;
  compression: Compression;
  state: SourceState;
  /** Whether any chunk of it was ever recorded, and may have been published. */
  has_chunks: boolean;
}

/** `end`: the header and the last chunks suffice (64 KiB of them, or one). */
export type ContentPart = 'whole' | 'end';

/** @returns what was recorded of a source; it may give the whole where the end would do */
export type ContentOf = (source: KnownSource, part: ContentPart) => Promise<RecordedContent>;

/**
 * - known: by its stat; nothing to do.
 * - same: touched or copied onto itself; the content is what was recorded.
 * - appended: the recorded content is a prefix; cutting goes on where it ended.
 * - renamed: the inode is known by a path that leads to it no longer (it may have grown as well).
 * - restarted: nothing was ever recorded of the source, so it is whatever the file holds now.
 * - unread: cannot be compared; it stays the source of its path, and reading it will tell why.
 * - new: first seen, or what stood here before was replaced or truncated.
 */
export type Identity =
  | { kind: 'known' | 'same' | 'appended' | 'renamed' | 'restarted' | 'unread'; source: KnownSource }
  | { kind: 'new'; because: 'first_seen' | 'replaced' | 'truncated' };

/**
 * Decides which source a listed file is.
 *
 * `live`: for a directory that is listed again and again. What is written on, or only moved, is known by its inode and the
 * end of what was recorded, so that growth does not cost a read of everything: whoever seals such a source verifies all of it.
 * And nothing that was seen is given up for what took its place: the source is left to be looked for, or to turn red.
 * @param candidates sources with its path or inode, newest first, that no other file of this listing is
 */
export async function identifyFile(
  file: ListedFile,
  candidates: KnownSource[],
  contentOf: ContentOf,
  { live }: { live: boolean } = { live: false },
): Promise<Identity> {
  const here = candidates.filter((source) => source.path === file.path);
  const byStat = here.find((source) => isSameStat(source.stat, file.stat) && isAsItWas(source, live));
  if (byStat) return { kind: 'known', source: byStat };

  try {
    for (const source of here) {
      if (!(await holdsContentOf(source, file, contentOf, live))) continue;
      return { kind: file.stat.size_bytes > source.sealed_bytes ? 'appended' : 'same', source };
    }
    for (const source of candidates) {
      if (source.path === file.path || !isSameInode(source.stat, file.stat)) continue;
      if (await isStillAt(source.path, file.stat)) continue;
      const isRenamed = source.has_chunks
        ? await holdsContentOf(source, file, contentOf, live)
        : isMoved(source, file) || (live && isGrown(source, file) && isBornBefore(file.stat, source.stat));
      if (isRenamed) return { kind: 'renamed', source };
    }
  } catch (error) {
    if (!isSourceError(error)) throw error;
    if (here.length > 0) return { kind: 'unread', source: here[0] };
  }

  if (here.length === 0) return { kind: 'new', because: 'first_seen' };
  const [source] = here;
  if (!source.has_chunks && (!live || isUnspent(source, file))) return { kind: 'restarted', source };
  const isTruncated = isSameInode(source.stat, file.stat) && !isGrown(source, file);
  return { kind: 'new', because: isTruncated ? 'truncated' : 'replaced' };
}

function isUndisturbed({ state }: KnownSource): boolean {
  return state === 'registered' || state === 'live' || state === 'cut';
}

/**
 * A source that ended badly is looked at again even when its stat is the old one. Not one that cannot be read, where the
 * directory is listed again and again: it would fail again and again.
 */
function isAsItWas(source: KnownSource, live: boolean): boolean {
  return isUndisturbed(source) || (live && source.state === 'failed');
}

function isGrown(source: KnownSource, file: ListedFile): boolean {
  return file.stat.size_bytes >= source.sealed_bytes;
}

/** Size and time are as they were: a rename changes neither. */
function isMoved(source: KnownSource, file: ListedFile): boolean {
  return source.sealed_bytes === file.stat.size_bytes && source.stat.modified_ns === file.stat.modified_ns;
}

/** Nothing was recorded of the source. Whether nothing is lost either if it is taken for what its path holds now. */
function isUnspent(source: KnownSource, file: ListedFile): boolean {
  // Another file took its place: what it holds may be found under another name.
  if (!isSameInode(source.stat, file.stat)) return false;
  // It grew, had no whole record, or is compressed and still being written.
  return isGrown(source, file) || source.state === 'live' || (source.compression !== null && !source.sealed);
}

async function holdsContentOf(
  source: KnownSource,
  file: ListedFile,
  contentOf: ContentOf,
  live: boolean,
): Promise<boolean> {
  // Of an unsealed source less may have been recorded than was listed: its content tells.
  if (!source.has_chunks || (source.sealed && !isGrown(source, file))) return false;
  if (!live || !isEndEnough(source, file)) {
    return verifyContent(file.path, await contentOf(source, 'whole'), source.compression);
  }
  return verifyEnd(file.path, await contentOf(source, 'end'), source.compression);
}

/** An unsealed source is verified when it is sealed; a sealed one only if it grew, or is untouched but for its name. */
function isEndEnough(source: KnownSource, file: ListedFile): boolean {
  if (!isSameInode(source.stat, file.stat) || !isUndisturbed(source)) return false;
  return !source.sealed || file.stat.size_bytes > source.sealed_bytes || isMoved(source, file);
}

/** Whether the path still leads to the file: then the other name is a link to it, not its new name. */
async function isStillAt(path: string, file: FileStat): Promise<boolean> {
  const now = await statOf(path);
  return now !== null && isSameInode(now, file);
}
