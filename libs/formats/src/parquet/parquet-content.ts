import type { Content, ContentOptions, RawFile, Segments } from '../content/content.js';
import { EXPANSION, type ExpansionBounds } from '../content/expansion.js';
import { failure } from '../content/failure.js';
import { SequentialContent } from '../content/sequential-content.js';
import { PARQUET_BOUNDS, SEGMENT_BYTES } from './bounds.js';
import type { ParquetFile, ParquetFooter } from './read-footer.js';

/**
 * A Parquet file as CSV text of the plain dialect with a header record. A position is the number of the row group times
 * SEGMENT_BYTES, and the byte in the text of that row group: it can be read without the ones before.
 */
export class ParquetContent implements Content {
  private readonly file: ParquetFile;
  private footer: Promise<ParquetFooter> | undefined;
  private group_count = 1;
  private open: { group: number; text: SequentialContent } | undefined;
  /** Bytes of text by row group, of those that were read. */
  private readonly text_bytes = new Map<number, number>();
  private total_bytes = 0;
  private readonly expansion: ExpansionBounds;

  constructor(raw: RawFile, { path, size_bytes, compression, expansion }: Omit<ContentOptions, 'encoding' | 'format'>) {
    if (compression)
      throw failure(path, 'SOURCE_REFUSED', `is Parquet within ${compression}: it has to be unpacked first`);
    this.file = { raw, path, size_bytes };
    this.expansion = expansion ?? { ...EXPANSION, free_bytes: PARQUET_BOUNDS.free_text_bytes };
  }

  readonly segments: Segments = {
    endOf: async (position, within = Number.POSITIVE_INFINITY) => {
      const text = await this.textAt(position);
      const begin = position - (position % SEGMENT_BYTES);
      return begin + (await text.endWithin(position - begin + within));
    },
    after: (position) => {
      const next = Math.floor(position / SEGMENT_BYTES) + 1;
      return next < this.group_count ? next * SEGMENT_BYTES : null;
    },
  };

  /** The position behind the last byte; only the last row group is read for it. */
  async size(): Promise<number> {
    await this.readFooter();
    return this.segments.endOf((this.group_count - 1) * SEGMENT_BYTES);
  }

  async readInto(target: Uint8Array, position: number): Promise<number> {
    const text = await this.textAt(position);
    return text.readInto(target, position % SEGMENT_BYTES);
  }

  async close(): Promise<void> {
    await this.open?.text.close();
    this.open = undefined;
  }

  private readFooter(): Promise<ParquetFooter> {
    this.footer ??= this.loadFooter();
    return this.footer;
  }

  /** What reads Parquet is loaded with the first such file. */
  private async loadFooter(): Promise<ParquetFooter> {
    const { readFooter } = await import('./read-footer.js');
    const footer = await readFooter(this.file);
    this.group_count = Math.max(1, footer.row_groups.length);
    return footer;
  }

  private async textAt(position: number): Promise<SequentialContent> {
    const footer = await this.readFooter();
    const group = Math.floor(position / SEGMENT_BYTES);
    if (this.open?.group !== group) {
      await this.close();
      // A row group that is not there has no text: the file is another one by now.
      const text = new SequentialContent(() =>
        group < this.group_count ? this.measured(group, rendered(this.file, footer, group)) : nothing(),
      );
      this.open = { group, text };
    }
    return this.open.text;
  }

  /** A page of some bytes may stand for millions of long values. */
  private async *measured(group: number, blocks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    const { path, size_bytes } = this.file;
    const { ratio, free_bytes } = this.expansion;
    const most = Math.min(Math.max(free_bytes, ratio * size_bytes), this.expansion.size_bytes);
    let own = 0;
    for await (const block of blocks) {
      own += block.length;
      // A row group that is read again counts once.
      const known = this.text_bytes.get(group) ?? 0;
      if (own > known) this.text_bytes.set(group, own);
      this.total_bytes += Math.max(0, own - known);
      if (this.total_bytes > most) {
        const what = `has over ${most} bytes of text at row group ${group}, and ${size_bytes} bytes itself`;
        throw failure(path, 'SOURCE_REFUSED', `${what}: if that is what it should hold, bring it as several files`);
      }
      yield block;
    }
  }
}

async function* rendered(file: ParquetFile, footer: ParquetFooter, group: number): AsyncGenerator<Buffer> {
  const { renderRowGroup } = await import('./render-row-group.js');
  yield* renderRowGroup(file, footer, group);
}

async function* nothing(): AsyncGenerator<Buffer> {}
