import type { CsvRows } from './csv-rows.js';
import { requireThat } from './fault.js';
import type { Leaf } from './field-tree.js';
import { countLevels, type Page, type PageReader } from './read-pages.js';
import type { ValueText } from './value-text.js';

/** Walks over the entries of a column. Pages are fetched before a row is read, which may stand in more than one. */
export class ColumnCursor {
  private readonly pages: Page[] = [];
  /** Within the first page: the entry, and how many values stand before it. */
  private entry = 0;
  private value = 0;
  /** Rows that begin in the pages that are there, from the present one on. */
  private rows = 0;
  private isComplete = false;

  constructor(
    readonly leaf: Leaf,
    readonly pagesOf: PageReader,
  ) {}

  /** Rows that can be read without another page. */
  get ready(): number {
    // Where there are lists, the last row may go on in the next page.
    return this.rows - (this.isComplete || this.leaf.repetition === 0 ? 0 : 1);
  }

  /** Fetches pages until a row is ready. @throws ParquetFault when there is no other row */
  async fetchRow(): Promise<void> {
    while (this.ready <= 0) {
      requireThat(!this.isComplete, 'rows are missing');
      const page = await this.pagesOf.next();
      if (page === null) this.isComplete = true;
      else this.add(page);
    }
  }

  /** Whether no row is left. */
  async isAtEnd(): Promise<boolean> {
    while (this.pages.length === 0 && !this.isComplete) {
      const page = await this.pagesOf.next();
      if (page === null) this.isComplete = true;
      else this.add(page);
    }
    return this.pages.length === 0;
  }

  private add(page: Page): void {
    if (page.entries === 0) return;
    const { repetitions } = page;
    this.pagesOf.held.add(page.size_bytes);
    this.pages.push(page);
    this.rows += repetitions ? countLevels(repetitions, 0) : page.entries;
  }

  /** To be called where a row begins. */
  beginRow(): void {
    requireThat(this.pages.length > 0 && this.repetition === 0, 'rows do not begin where they should');
    this.rows--;
  }

  /** Definition level of the present entry. */
  get definition(): number {
    requireThat(this.pages.length > 0, 'values are missing');
    return this.pages[0].definitions?.[this.entry] ?? this.leaf.definition;
  }

  /** Repetition level of the present entry; 0 behind the last one. */
  get repetition(): number {
    return this.pages[0]?.repetitions?.[this.entry] ?? 0;
  }

  /** The present entry's value; null when there is none. Goes on to the next entry. */
  take(): ValueText | null {
    const page = this.pages[0];
    requireThat(page !== undefined, 'values are missing');
    const text = this.isThere(page) ? page.textAt(this.value++) : null;
    this.goOn(page);
    return text;
  }

  /** Writes the present row of a column without lists, the only entry of it, as a field. To be called where one is ready. */
  putRow(rows: CsvRows): void {
    const page = this.pages[0];
    this.rows--;
    if (rows.beginField()) {
      if (this.isThere(page)) page.put(rows, this.value++);
    } else if (this.isThere(page)) this.value++;
    this.goOn(page);
  }

  private isThere({ definitions }: Page): boolean {
    return definitions === null || definitions[this.entry] === this.leaf.definition;
  }

  private goOn({ entries, size_bytes }: Page): void {
    if (++this.entry < entries) return;
    this.pages.shift();
    this.pagesOf.held.remove(size_bytes);
    this.entry = 0;
    this.value = 0;
  }
}
