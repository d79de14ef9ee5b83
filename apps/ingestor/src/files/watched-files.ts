import { type FileStat, isSameInode, isSameStat } from '../steps/file-stat.js';
import type { WatchedSource } from '../steps/known-sources.js';
import type { ListedFile } from '../steps/list-files.js';
import type { Registered } from '../steps/register-sources.js';
import type { Compression } from '../steps/source-file.js';

/** A source that a watch follows until it is sealed and read. */
export interface FollowedFile {
  source: number;
  path: string;
  stat: FileStat;
  compression: Compression;
  sealed: boolean;
  /** When its stat was last seen to change, by the process's clock. */
  changed_at: number;
  /** Listings in a row that it was not in. */
  missed: number;
}

/** What a watch remembers between two listings. All of it can be read from the database and the directory again. */
export class WatchedFiles {
  /** Each listed path, its stat, and the source that it is. */
  private readonly seen = new Map<string, { stat: FileStat; source: number }>();
  private readonly followed = new Map<number, FollowedFile>();

  constructor(sources: WatchedSource[], now: number) {
    for (const source of sources) this.follow(source.id, source, now);
  }

  all(): FollowedFile[] {
    return [...this.followed.values()];
  }

  /** Files that were not there at the last listing, or are not what they were. */
  changed(files: ListedFile[]): ListedFile[] {
    return files.filter(({ path, stat }) => {
      const before = this.seen.get(path);
      return !before || !isSameStat(before.stat, stat);
    });
  }

  /** Takes over what files turned out to be. */
  note(changed: ListedFile[], registered: Registered[], now: number): void {
    // What is gone again, or could not be told: another look at the next listing.
    for (const { path } of changed) this.seen.delete(path);
    for (const { file, source, known, identity } of registered) {
      this.seen.set(file.path, { stat: file.stat, source });
      // Sealed and read, and nothing new about it.
      const isAtRest = known?.sealed && known.state === 'cut' && file.stat.size_bytes <= known.sealed_bytes;
      if (isAtRest && identity.kind !== 'restarted') continue;
      const sealed = identity.kind === 'known' && known?.sealed === true;
      this.follow(source, { ...file, sealed }, now);
    }
  }

  /** Forgets paths that are listed no longer. */
  keep(files: ListedFile[]): void {
    const listed = new Set(files.map(({ path }) => path));
    for (const path of this.seen.keys()) if (!listed.has(path)) this.seen.delete(path);
  }

  /** Followed files that are not where they were: their path is gone, or is another source's now. */
  missing(): FollowedFile[] {
    return this.all().filter(({ source, path }) => this.seen.get(path)?.source !== source);
  }

  /** Followed files that have not changed for so long, and are there. */
  quiet(now: number, quiet_ms: number): FollowedFile[] {
    return this.all().filter(
      ({ source, path, sealed, changed_at }) =>
        !sealed && now - changed_at >= quiet_ms && this.seen.get(path)?.source === source,
    );
  }

  /** The path's file is looked at anew at the next listing. */
  forget(path: string): void {
    this.seen.delete(path);
  }

  /** The source is followed no longer. */
  drop(source: number): void {
    this.followed.delete(source);
  }

  private follow(source: number, file: Pick<FollowedFile, 'path' | 'stat' | 'compression' | 'sealed'>, now: number) {
    const { path, stat, compression, sealed } = file;
    this.followed.set(source, { source, path, stat, compression, sealed, changed_at: now, missed: 0 });
  }
}

/** Followed files whose path is not among the listed ones, or leads to another file. */
export function strayed(followed: FollowedFile[], files: ListedFile[]): FollowedFile[] {
  const listed = new Map(files.map((file) => [file.path, file.stat]));
  return followed.filter(({ path, stat }) => {
    const now = listed.get(path);
    return !now || !isSameInode(now, stat);
  });
}
