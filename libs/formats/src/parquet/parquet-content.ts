import type { Content, ContentOptions, RawFile, Segments } from '../content/content.js';
import { failure } from '../content/failure.js';
import { SequentialContent } from '../content/sequential-content.js';
import { SEGMENT_BYTES } from './bounds.js';
import { type ParquetFile, type ParquetFooter, readFooter } from './read-footer.js';
import { renderRowGroup } from './render-row-group.js';

/**
 * A Parquet file as CSV text of the plain dialect with a header record. A position is the number of the row group times
 * SEGMENT_BYTES, and the byte in the text of that row group: it can be read without the ones before.
 */
export class ParquetContent implements Content {
  private readonly file: ParquetFile;
  private footer: Promise<ParquetFooter> | undefined;
  private group_count = 1;
  private open: { group: number; text: SequentialContent } | undefined;

  constructor(
    raw: RawFile,
    { path, size_bytes, compression }: Pick<ContentOptions, 'path' | 'size_bytes' | 'compression'>,
  ) {
    if (compression)
      throw failure(path, 'SOURCE_REFUSED', `is Parquet within ${compression}: it has to be unpacked first`);
    this.file = { raw, path, size_bytes };
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
    this.footer ??= readFooter(this.file).then((footer) => {
      this.group_count = Math.max(1, footer.row_groups.length);
      return footer;
    });
    return this.footer;
  }

  private async textAt(position: number): Promise<SequentialContent> {
    const footer = await this.readFooter();
    const group = Math.floor(position / SEGMENT_BYTES);
    if (this.open?.group !== group) {
      await this.close();
      // A row group that is not there has no text: the file is another one by now.
      const text = new SequentialContent(() =>
        group < this.group_count ? renderRowGroup(this.file, footer, group) : nothing(),
      );
      this.open = { group, text };
    }
    return this.open.text;
  }
}

async function* nothing(): AsyncGenerator<Buffer> {}
