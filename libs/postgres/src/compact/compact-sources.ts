import type { Database } from '../database.js';
import { type CompactableSource, compactableSources, findRuns, type Piece, type Run } from './find-runs.js';
import { type HashedRun, mergeRuns } from './merge-runs.js';

export type HashedBytes = { byte_start: number; byte_end: number; content_hash: Buffer };

export interface CompactOptions {
  /** All datasets unless said otherwise. */
  dataset?: string;
  /** Chunks merged in one transaction at most; 2000 unless said otherwise. */
  batch_chunks?: number;
  /**
   * sha256 of a file's bytes in one piece, read again and found to be those of `pieces`; null = not now: they stay as they
   * are, and once the source is settled become a range each. Without it files are left alone. Inboxes are never asked for: their bytes are gone by then.
   */
  rehash?(source: number, byte_start: number, byte_end: number, pieces: HashedBytes[]): Promise<Buffer | null>;
}

export interface CompactedSource {
  source: number;
  dataset: string;
  /** That were merged. */
  chunks: number;
}

const BATCH_CHUNKS = 2000;

/**
 * Merges old chunks of live sources into ranges: those that are resolved and balance as a whole, but for a source's last one. Their
 * ledger and manifest rows go with them; no number in the books changes. It gives way where the flow is thick, so call it
 * again and again; several at once do no harm.
 * @returns what was merged, in order of sources
 */
export async function compactSources(db: Database, options: CompactOptions = {}): Promise<CompactedSource[]> {
  const compaction = new Compaction(db, options);
  for (const source of await compactableSources(db, options.dataset)) {
    if (source.kind !== 'inbox' && !options.rehash) continue;
    if (!(await compaction.take(source))) break;
  }
  await compaction.flush();
  return [...compaction.done.values()];
}

/** Gathers runs of several sources for a transaction. */
class Compaction {
  readonly done = new Map<number, CompactedSource>();
  private waiting: HashedRun[] = [];
  private chunks = 0;
  private readonly batch_chunks: number;

  constructor(
    private readonly db: Database,
    private readonly options: CompactOptions,
  ) {
    this.batch_chunks = options.batch_chunks ?? BATCH_CHUNKS;
  }

  /** @returns whether to go on: not where the flow is in the way */
  async take(source: CompactableSource): Promise<boolean> {
    for (let after: number | null = -1; after !== null; ) {
      const page = await findRuns(this.db, source, after, this.batch_chunks);
      after = page.after;
      for (const run of page.runs) {
        const hashed = await this.hash(run);
        if (this.chunks + run.chunks > this.batch_chunks && !(await this.flush())) return false;
        this.waiting.push(...hashed);
        this.chunks += run.chunks;
      }
      // The next page's first run adjoins the last one of this.
      if (after !== null && !(await this.flush())) return false;
    }
    return true;
  }

  async flush(): Promise<boolean> {
    const runs = this.waiting;
    this.waiting = [];
    this.chunks = 0;
    if (runs.length === 0) return true;
    if (!(await mergeRuns(this.db, runs))) return false;
    for (const { source, dataset, chunks } of runs) {
      const known = this.done.get(source);
      this.done.set(source, { source, dataset, chunks: chunks + (known?.chunks ?? 0) });
    }
    return true;
  }

  private async hash(run: Run): Promise<HashedRun[]> {
    if (run.kind === 'inbox') return [{ ...run, content_hash: null }];
    const { pieces, source } = run;
    if (!pieces.every(isHashed)) return [];
    if (pieces.length === 1) return [{ ...run, content_hash: pieces[0].content_hash }];
    const known = pieces.map(({ byte_start, byte_end, content_hash }) => ({ byte_start, byte_end, content_hash }));
    const content_hash = await this.options.rehash?.(
      source,
      known[0].byte_start,
      known[known.length - 1].byte_end,
      known,
    );
    if (content_hash) return [{ ...run, content_hash }];
    // A file that is read and may be gone for good must not be asked for for ever: each chunk is a range of its own, then.
    const chunks = run.settled ? pieces.slice(-run.chunks) : [];
    return chunks.map((piece) => ({ ...run, pieces: [piece], chunks: 1, content_hash: piece.content_hash }));
  }
}

const isHashed = (piece: Piece): piece is Piece & { content_hash: Buffer } => piece.content_hash !== null;
