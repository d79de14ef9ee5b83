import { crc32 } from 'node:zlib';
import type { PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { PARQUET_BOUNDS } from './bounds.js';
import { ByteCursor } from './byte-cursor.js';
import { decodeRuns } from './decode-runs.js';
import { decodeIndexes, decodeValues, type RawValues, valuesOf } from './decode-values.js';
import { decompressPage } from './decompress-page.js';
import { ParquetFault, requireThat } from './fault.js';
import type { Leaf } from './field-tree.js';
import type { HeldPages } from './held-pages.js';
import { PageDictionary } from './page-dictionary.js';
import { type PutValue, putterOf } from './put-values.js';
import type { ColumnRange, ParquetFile } from './read-footer.js';
import { readRaw } from './read-raw.js';
import { type Spelling, spellingOf, type ValueText } from './value-text.js';

/** Entries of a column as one page has them: values, nulls, and empty lists. */
export interface Page {
  /** About what it takes in memory. */
  size_bytes: number;
  entries: number;
  /** Of each entry; null: all are there, or none is in a list. */
  definitions: Uint8Array | null;
  repetitions: Uint8Array | null;
  /** Of the n-th value that is there. */
  textAt(index: number): ValueText;
  put: PutValue;
}

const WINDOW_BYTES = 64 * 1024;
/** Headers hold statistics, and those the longest value. */
const HEADER_BYTES = 16 * 1024 * 1024;

/** Levels, and where a value stands. */
const ENTRY_BYTES = 12;

/** Reads the pages of a column of a row group one by one. Holds one page and the dictionary. */
export class PageReader {
  /** Of the file: where the next page begins. */
  private at: number;
  private read_values = 0;
  private dictionary: PageDictionary | null = null;
  private window: { start: number; bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
  readonly spelling: Spelling;

  constructor(
    private readonly file: ParquetFile,
    private readonly leaf: Leaf,
    private readonly range: ColumnRange,
    readonly held: HeldPages,
  ) {
    this.at = range.start;
    this.spelling = spellingOf(leaf.element);
  }

  get position(): number {
    return this.at;
  }

  /** @returns null behind the last page @throws ParquetFault where the page at `position` cannot be read */
  async next(): Promise<Page | null> {
    while (this.read_values < this.range.values) {
      requireThat(this.at < this.range.end, `${this.range.values - this.read_values} values are missing`);
      const { header, size } = await this.readHeader();
      const begin = this.at + size;
      checkSizes(header, this.range.end - begin);
      const bytes = await this.bytesAt(begin, header.compressed_page_size);
      const { crc } = header;
      requireThat(crc === undefined || crc === (crc32(bytes) | 0), 'a page has another checksum');
      const page = this.decode(header, bytes);
      this.at = begin + header.compressed_page_size;
      if (page) return page;
    }
    return null;
  }

  private async readHeader(): Promise<{ header: PageHeader; size: number }> {
    for (let wanted = WINDOW_BYTES; ; wanted *= 16) {
      const bytes = await this.bytesAt(this.at, Math.min(wanted, this.range.end - this.at));
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
      try {
        return { header: parquetHeader(reader), size: reader.offset };
      } catch (cause) {
        if (wanted < HEADER_BYTES && bytes.length < this.range.end - this.at) continue;
        throw new ParquetFault(`no page begins there: ${(cause as Error).message}`);
      }
    }
  }

  /** Small pages lie together in one reading. */
  private async bytesAt(start: number, size: number): Promise<Buffer> {
    const from = start - this.window.start;
    if (from >= 0 && from + size <= this.window.bytes.length) return this.window.bytes.subarray(from, from + size);
    if (size > WINDOW_BYTES) return readRaw(this.file, start, size);
    const bytes = await readRaw(this.file, start, Math.min(WINDOW_BYTES, this.range.end - start));
    this.window = { start, bytes };
    return bytes.subarray(0, size);
  }

  private decode(header: PageHeader, bytes: Buffer): Page | null {
    switch (header.type) {
      case 'DICTIONARY_PAGE':
        this.takeDictionary(header, bytes);
        return null;
      case 'INDEX_PAGE':
        return null;
      case 'DATA_PAGE':
        return this.dataPage(header, bytes);
      case 'DATA_PAGE_V2':
        return this.dataPageV2(header, bytes);
      default:
        throw new ParquetFault('a page is of no known kind');
    }
  }

  private takeDictionary(header: PageHeader, bytes: Buffer): void {
    const { num_values: size } = header.dictionary_page_header ?? { num_values: -1 };
    requireCount(size);
    const page = decompressPage(bytes, this.range.codec, header.uncompressed_page_size);
    const values = decodeValues(page, 'PLAIN', size, this.leaf.element);
    this.held.add(page.length + ENTRY_BYTES * size);
    this.dictionary = new PageDictionary(size, values, this.spelling);
  }

  private dataPage(header: PageHeader, bytes: Buffer): Page {
    const { num_values, encoding, definition_level_encoding, repetition_level_encoding } =
      header.data_page_header ?? missing();
    this.countValues(num_values);
    const page = new ByteCursor(decompressPage(bytes, this.range.codec, header.uncompressed_page_size));
    const readLevels = (most: number, levels: string) => {
      if (most === 0) return null;
      requireThat(levels === 'RLE', `levels in the encoding ${levels}`);
      return levelsOf(page.take(page.uint32()), most, num_values);
    };
    const repetitions = readLevels(this.leaf.repetition, repetition_level_encoding);
    const definitions = readLevels(this.leaf.definition, definition_level_encoding);
    return this.pageOf(num_values, repetitions, definitions, page.take(page.left), encoding);
  }

  private dataPageV2(header: PageHeader, bytes: Buffer): Page {
    const page_header = header.data_page_header_v2 ?? missing();
    const { num_values, encoding, is_compressed } = page_header;
    this.countValues(num_values);
    const page = new ByteCursor(bytes);
    const repetition_bytes = page.take(page_header.repetition_levels_byte_length);
    const definition_bytes = page.take(page_header.definition_levels_byte_length);
    const { repetition, definition } = this.leaf;
    const repetitions = repetition === 0 ? null : levelsOf(repetition_bytes, repetition, num_values);
    const definitions = definition === 0 ? null : levelsOf(definition_bytes, definition, num_values);
    const size = header.uncompressed_page_size - repetition_bytes.length - definition_bytes.length;
    const values = decompressPage(
      page.take(page.left),
      is_compressed === false ? 'UNCOMPRESSED' : this.range.codec,
      size,
    );
    return this.pageOf(num_values, repetitions, definitions, values, encoding);
  }

  private pageOf(
    entries: number,
    repetitions: Uint8Array | null,
    definitions: Uint8Array | null,
    bytes: Uint8Array,
    encoding: string,
  ): Page {
    const { definition } = this.leaf;
    const count = definitions ? countLevels(definitions, definition) : entries;
    const size_bytes = bytes.length + ENTRY_BYTES * entries;
    return { size_bytes, entries, definitions, repetitions, ...this.textsOf(bytes, encoding, count) };
  }

  private textsOf(bytes: Uint8Array, encoding: string, count: number): Pick<Page, 'textAt' | 'put'> {
    if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
      const { dictionary } = this;
      if (!dictionary) {
        requireThat(count === 0, 'a page uses a dictionary that is not there');
        return { textAt: () => '', put: () => undefined };
      }
      const indexes = decodeIndexes(bytes, count, dictionary.size);
      return {
        textAt: (index) => dictionary.textAt(indexes[index]),
        put: (rows, index) => dictionary.put(rows, indexes[index]),
      };
    }
    const values: RawValues = count === 0 ? new Uint8Array(0) : decodeValues(bytes, encoding, count, this.leaf.element);
    const valueAt = valuesOf(values);
    const { text } = this.spelling;
    return { textAt: (index) => text(valueAt(index)), put: putterOf(values, this.spelling) };
  }

  private countValues(count: number): void {
    requireCount(count);
    this.read_values += count;
    requireThat(this.read_values <= this.range.values, `it has over ${this.range.values} values`);
  }
}

function missing(): never {
  throw new ParquetFault('a page has no header of its kind');
}

function requireCount(count: number): void {
  requireThat(Number.isInteger(count) && count >= 0, 'a page does not tell how many values it has');
  if (count > PARQUET_BOUNDS.page_values) throw new ParquetFault(`a page has ${count} values`, true);
}

function checkSizes({ compressed_page_size, uncompressed_page_size }: PageHeader, left: number): void {
  for (const size of [compressed_page_size, uncompressed_page_size]) {
    requireThat(Number.isInteger(size) && size >= 0, 'a page does not tell its size');
    if (size > PARQUET_BOUNDS.page_bytes) throw new ParquetFault(`a page has ${size} bytes`, true);
  }
  requireThat(compressed_page_size <= left, `a page of ${compressed_page_size} bytes is cut off`);
}

export function countLevels(levels: Uint8Array, wanted: number): number {
  let count = 0;
  for (let index = 0; index < levels.length; index++) if (levels[index] === wanted) count++;
  return count;
}

function levelsOf(bytes: Uint8Array, most: number, count: number): Uint8Array {
  const levels = new Uint8Array(count);
  decodeRuns(new ByteCursor(bytes), 32 - Math.clz32(most), levels);
  for (let index = 0; index < count; index++)
    if (levels[index] > most) throw new ParquetFault(`a level is above ${most}`);
  return levels;
}
