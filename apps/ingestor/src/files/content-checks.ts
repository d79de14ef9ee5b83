import type { Database } from '@millrace/postgres';
import { recordedContents } from '../steps/known-sources.js';
import type { ClaimedSource } from '../steps/open-sources.js';
import { isSourceError } from '../steps/source-file.js';
import { type RecordedContent, verifyContent } from '../steps/verify-content.js';

/** More than this is read beside the cutting, which others wait for. */
const AT_ONCE_BYTES = 4 * 1024 * 1024;

type Check = Pick<ClaimedSource, 'id' | 'path' | 'sealed_bytes'> & { holds: boolean | undefined };

/**
 * Of a source that was read while it was written only the end was compared again and again. Once it is sealed, all that
 * was recorded is compared with the file, in one read. One large file at a time.
 */
export class ContentChecks {
  private readonly checks = new Map<number, Check>();
  /** How far large sources were verified before: a file that pauses now and then is not read from its beginning each time. */
  private readonly verified = new Map<number, number>();
  private contents = new Map<number, RecordedContent>();
  private turn: Promise<unknown> = Promise.resolve();

  /** @param done told of a source whose check has ended @param fail takes an error that is none of a file's */
  constructor(
    private readonly db: Database,
    private readonly done: (source: number) => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** Reads what was recorded of all that `holds` will be asked about, at once. */
  async prepare(sources: ClaimedSource[]): Promise<void> {
    const small = sources.filter(({ last }) => last && last.byte_end <= AT_ONCE_BYTES);
    this.contents =
      small.length === 0
        ? new Map()
        : await recordedContents(
            this.db,
            small.map(({ id }) => id),
          );
  }

  /** @returns undefined while the content is still being read: ask again once `done` was called */
  async holds(source: ClaimedSource): Promise<boolean | undefined> {
    if (!source.last) return true;
    if (source.last.byte_end <= AT_ONCE_BYTES) return this.verify(source);
    const known = this.checks.get(source.id);
    if (known && known.path === source.path && known.sealed_bytes === source.sealed_bytes) {
      if (known.holds !== undefined) this.checks.delete(source.id);
      return known.holds;
    }
    const { id, path, sealed_bytes } = source;
    const check: Check = { id, path, sealed_bytes, holds: undefined };
    this.checks.set(id, check);
    this.turn = this.turn.then(() => this.verifyLarge(source, check)).catch(this.fail);
    return undefined;
  }

  isUnderWay(source: number): boolean {
    const check = this.checks.get(source);
    return check !== undefined && check.holds === undefined;
  }

  /** Resolves when nothing is read any more. */
  async close(): Promise<void> {
    await this.turn;
  }

  private async verifyLarge(source: ClaimedSource, check: Check): Promise<void> {
    check.holds = await this.verify(source, this.verified.get(source.id) ?? 0);
    if (check.holds) this.verified.set(source.id, source.last?.byte_end ?? 0);
    else this.verified.delete(source.id);
    this.done(source.id);
  }

  private async verify({ id, path, compression }: ClaimedSource, from = 0): Promise<boolean> {
    const content = this.contents.get(id) ?? (await recordedContents(this.db, [id])).get(id);
    if (!content) return true;
    const chunks = content.chunks.filter(({ byte_end }) => byte_end > from);
    try {
      return await verifyContent(path, { ...content, chunks }, compression);
    } catch (error) {
      // Who cuts the file comes upon it as well, and tells.
      if (isSourceError(error)) return true;
      throw error;
    }
  }
}
