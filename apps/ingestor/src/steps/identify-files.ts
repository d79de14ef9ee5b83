import type { Database } from '@millrace/postgres';
import { isSameStat, statOf } from './file-stat.js';
import { type ContentOf, type Identity, identifyFile } from './identify-file.js';
import { KnownSources, recordedContents, type WatchedSource } from './known-sources.js';
import type { ListedFile } from './list-files.js';
import type { RecordedContent } from './verify-content.js';

export interface Identified {
  /** Its stat is of the moment it was identified. */
  file: ListedFile;
  identity: Identity;
  /** The identity's source as its row was read; undefined for a new one. */
  known: WatchedSource | undefined;
}

/** Enough of the end of a file that is written on. */
const LAST_PIECES = 16;
const TRIES = 3;

/**
 * Decides which sources the files are, each source at most one of them.
 * @param live whether the files may be written on at this moment: then the ends of their content are compared only, and
 * those that are gone meanwhile are left out
 */
export async function identifyFiles(
  db: Database,
  dataset: string,
  files: ListedFile[],
  live: boolean,
): Promise<Identified[]> {
  const known = await KnownSources.load(db, dataset, files);
  const ends = live
    ? await recordedContents(db, idsToCompare(known, files), LAST_PIECES)
    : new Map<number, RecordedContent>();
  const identified: Identified[] = [];
  for (const listed of files) {
    const found = await identify(listed, known, live, async ({ id }, part) => {
      const end = part === 'end' && ends.get(id);
      return end || ((await recordedContents(db, [id])).get(id) as RecordedContent);
    });
    if (!found) continue;
    const { identity } = found;
    const source = identity.kind === 'new' ? undefined : known.get(identity.source.id);
    if (source) known.take(source);
    identified.push({ ...found, known: source });
  }
  return identified;
}

/** Those that are not known by their stat alone. */
function idsToCompare(known: KnownSources, files: ListedFile[]): number[] {
  const ids = files.flatMap((file) =>
    known
      .candidatesFor(file)
      .filter((source) => source.has_chunks && !(source.path === file.path && isSameStat(source.stat, file.stat)))
      .map(({ id }) => id),
  );
  return [...new Set(ids)];
}

/** Before a file is found to be cut off or another one: was it only listed too long ago? */
async function identify(
  listed: ListedFile,
  known: KnownSources,
  live: boolean,
  contentOf: ContentOf,
): Promise<{ file: ListedFile; identity: Identity } | undefined> {
  let file = listed;
  for (let tries = 1; ; tries++) {
    const identity = await identifyFile(file, known.candidatesFor(file), contentOf, { live });
    const isSurprise = identity.kind === 'new' ? identity.because !== 'first_seen' : identity.kind === 'unread';
    if (!isSurprise) return { file, identity };
    const now = await statOf(file.path);
    if (!now && live) return undefined;
    if (!now || tries === TRIES || isSameStat(now, file.stat)) return { file, identity };
    file = { ...file, stat: now };
  }
}
