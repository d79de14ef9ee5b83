/**
 * Reads CSV records out of byte chunks of any size. Text has one character a byte (latin1): fields that hold more than
 * ASCII are decoded by who needs them. Semantics are those of Python's csv module, plus comment and blank lines.
 */
export class RecordParser {
  #rest = '';
  #first = true;
  #onRecord;
  /** Comment and blank lines behind the header. */
  skipped = 0;

  /** @param {(fields: string[] | null) => void} onRecord null = a quote that never closes */
  constructor(onRecord) {
    this.#onRecord = onRecord;
  }

  /** @param {Buffer} bytes @param {boolean} last */
  push(bytes, last) {
    let text = this.#rest + bytes.latin1Slice();
    if (this.#first && text.startsWith('\xef\xbb\xbf')) text = text.slice(3);
    if (text) this.#first = false;
    let at = 0;
    let quote = text.indexOf('"');
    while (at < text.length) {
      let end = text.indexOf('\n', at);
      if (end < 0) {
        if (!last) break;
        end = text.length;
      }
      if (text.charCodeAt(at) === 35) {
        this.skipped += 1;
        at = end + 1;
        continue;
      }
      if (quote >= 0 && quote < at) quote = text.indexOf('"', at);
      if (quote >= 0 && quote < end) {
        at = this.#quoted(text, at, last);
        if (at < 0) return;
        continue;
      }
      const line = text.slice(at, end > at && text.charCodeAt(end - 1) === 13 && end < text.length ? end - 1 : end);
      at = end + 1;
      const fields = line.split(',');
      if (fields.length === 1 && /^[ \t]*$/.test(line)) this.skipped += 1;
      else this.#onRecord(fields);
    }
    this.#rest = text.slice(at);
  }

  /** @returns {number} where the next record begins; -1 when more bytes are needed */
  #quoted(text, start, last) {
    const fields = [];
    let at = start;
    for (;;) {
      let field = '';
      if (text.charCodeAt(at) === 34) {
        for (let from = ++at; ; from = ++at) {
          at = text.indexOf('"', from);
          if (at < 0 || (at + 1 === text.length && !last)) return this.#unclosed(text, start, at < 0 && last);
          field += text.slice(from, at);
          if (text.charCodeAt(++at) !== 34) break;
          field += '"';
        }
      }
      const from = at;
      let code = text.charCodeAt(at);
      while (at < text.length && code !== 44 && code !== 10) code = text.charCodeAt(++at);
      if (at >= text.length && !last) return this.#unclosed(text, start, false);
      const carriage = code === 10 && at > from && text.charCodeAt(at - 1) === 13;
      fields.push(field + text.slice(from, carriage ? at - 1 : at));
      if (code === 44) {
        at += 1;
        continue;
      }
      this.#onRecord(fields);
      return at + 1;
    }
  }

  #unclosed(text, start, rejected) {
    this.#rest = rejected ? '' : text.slice(start);
    if (rejected) this.#onRecord(null);
    return -1;
  }
}
