import { stat } from 'node:fs/promises';
import { type FileStat, fileStatOf, isSameInode, isSameStat } from './file-stat.js';
import type { ListedFile } from './list-files.js';
import { isSourceError, SourceFile } from './source-file.js';

export type SourceState = 'registered' | 'cut' | 'changed' | 'vanished' | 'failed';

/** A source of the same dataset that may be the listed file: it has its path or its inode. */
export interface KnownSource {
  id: number;
  path: string;
  stat: FileStat;
  sealed_bytes: number;
  state: SourceState;
  /** Whether any chunk of it was ever recorded, and may have been published. */
  has_chunks: boolean;
}

/** What was recorded of a source's bytes. */
export interface RecordedContent {
  header: Buffer | null;
  header_end: number | null;
  chunks: { byte_start: number; byte_end: number; content_hash: Buffer }[];
}

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
 * @param candidates sources with its path or inode, newest first, that no other file of this scan is
 * @param contentOf reads what was recorded of a candidate
 */
export async function identifyFile(
  file: ListedFile,
  candidates: KnownSource[],
  contentOf: (source: KnownSource) => Promise<RecordedContent>,
): Promise<Identity> {
  const here = candidates.filter((source) => source.path === file.path);
  const byStat = here.find((source) => isSameStat(source.stat, file.stat) && isUndisturbed(source));
  if (byStat) return { kind: 'known', source: byStat };

  try {
    for (const source of here) {
      if (!(await holdsContentOf(source, file, contentOf))) continue;
      return { kind: file.stat.size_bytes > source.sealed_bytes ? 'appended' : 'same', source };
    }
    for (const source of candidates) {
      if (source.path === file.path || !isSameInode(source.stat, file.stat)) continue;
      if (await isStillAt(source.path, file.stat)) continue;
      const isRenamed = source.has_chunks
        ? await holdsContentOf(source, file, contentOf)
        : source.stat.size_bytes === file.stat.size_bytes && source.stat.modified_ns === file.stat.modified_ns;
      if (isRenamed) return { kind: 'renamed', source };
    }
  } catch (error) {
    if (!isSourceError(error)) throw error;
    if (here.length > 0) return { kind: 'unread', source: here[0] };
  }

  if (here.length === 0) return { kind: 'new', because: 'first_seen' };
  if (!here[0].has_chunks) return { kind: 'restarted', source: here[0] };
  return { kind: 'new', because: file.stat.size_bytes < here[0].sealed_bytes ? 'truncated' : 'replaced' };
}

/** A source that ended badly is looked at again even when its stat is the old one. */
function isUndisturbed(source: KnownSource): boolean {
  return source.state === 'registered' || source.state === 'cut';
}

async function holdsContentOf(
  source: KnownSource,
  file: ListedFile,
  contentOf: (source: KnownSource) => Promise<RecordedContent>,
): Promise<boolean> {
  if (!source.has_chunks || file.stat.size_bytes < source.sealed_bytes) return false;
  return holdsContent(file.path, await contentOf(source));
}

/** Whether a file begins with exactly the recorded bytes: every chunk's range by its hash, and the header. */
export async function holdsContent(path: string, content: RecordedContent): Promise<boolean> {
  const file = await SourceFile.open(path);
  try {
    if (content.header && content.header_end !== null) {
      const start = content.header_end - content.header.length;
      if (content.header_end > file.stat.size_bytes) return false;
      if (!content.header.equals(await file.readRange(start, content.header_end))) return false;
    }
    for (const chunk of content.chunks) {
      if (chunk.byte_end > file.stat.size_bytes) return false;
      const hash = await file.hashRange(chunk.byte_start, chunk.byte_end);
      if (!hash.equals(chunk.content_hash)) return false;
    }
    return true;
  } finally {
    await file.close();
  }
}

/** Whether the path still leads to the file: then the other name is a link to it, not its new name. */
async function isStillAt(path: string, file: FileStat): Promise<boolean> {
  try {
    return isSameInode(fileStatOf(await stat(path, { bigint: true })), file);
  } catch {
    return false;
  }
}
