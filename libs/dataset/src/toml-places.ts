import type { Place } from './parse.js';

/**
 * Where the keys of a TOML document stand. The parser gives no positions, so that this walks the text once more: table
 * headers, keys, and the braces and brackets of inline values. It is only read for messages of documents that parsed.
 */
export class TomlPlaces {
  /** By path, as JSON: offset of the key or table header, and of the value behind the key. */
  private readonly keys = new Map<string, { at: number; value: number }>();
  private at = 0;

  constructor(private readonly text: string) {
    let table: PropertyKey[] = [];
    const counts = new Map<string, number>();
    for (this.skip(); this.at < text.length; this.skip()) {
      const at = this.at;
      if (text[at] !== '[') {
        this.readPair(table);
        continue;
      }
      const isArray = text[at + 1] === '[';
      this.at += isArray ? 2 : 1;
      const path = this.readKey();
      this.at = this.lineEnd();
      table = resolve(path, counts);
      if (isArray) {
        const id = JSON.stringify(path);
        counts.set(id, (counts.get(id) ?? -1) + 1);
        table = resolve(path, counts);
      }
      this.keys.set(JSON.stringify(table), { at, value: at });
    }
  }

  /** The nearest place that is known: that of the value's owner when it is not there itself. */
  placeOf(path: PropertyKey[]): Place {
    for (let depth = path.length; depth > 0; depth--) {
      const found = this.keys.get(JSON.stringify(path.slice(0, depth)));
      if (found) return this.lineOf(found.at);
    }
    return { line: 1, col: 1 };
  }

  /** A number or boolean as it is written. */
  literalOf(path: PropertyKey[]): string | undefined {
    const found = this.keys.get(JSON.stringify(path));
    const literal = found && /^[+\-\w.]+/.exec(this.text.slice(found.value));
    return literal?.[0].replaceAll('_', '').replace(/^\+/, '');
  }

  private lineOf(at: number): Place {
    const before = this.text.slice(0, at);
    const begin = before.lastIndexOf('\n') + 1;
    return { line: before.split('\n').length, col: at - begin + 1 };
  }

  private readPair(table: PropertyKey[]): void {
    const at = this.at;
    const path = [...table, ...this.readKey()];
    this.at = this.text.indexOf('=', this.at) + 1 || this.text.length;
    this.skip();
    this.keys.set(JSON.stringify(path), { at, value: this.at });
    this.readValue(path);
  }

  private readValue(path: PropertyKey[]): void {
    const first = this.text[this.at];
    if (first === '{' || first === '[') {
      this.at++;
      for (let index = 0; ; index++) {
        this.skip(',');
        if (this.at >= this.text.length || this.text[this.at] === '}' || this.text[this.at] === ']') break;
        if (first === '{') this.readPair(path);
        else {
          this.keys.set(JSON.stringify([...path, index]), { at: this.at, value: this.at });
          this.readValue([...path, index]);
        }
      }
      this.at++;
      return;
    }
    if (first === '"' || first === "'") this.at = this.stringEnd();
    else this.at += /^[^,\]}\n#]*/.exec(this.text.slice(this.at))?.[0].length || 1;
  }

  /** `a.b."c d"` as its parts; ends behind the last one. */
  private readKey(): string[] {
    const parts: string[] = [];
    for (;;) {
      this.skip();
      const begin = this.at;
      const quote = this.text[begin];
      if (quote === '"' || quote === "'") {
        this.at = this.stringEnd();
        parts.push(this.text.slice(begin + 1, this.at - 1));
      } else {
        this.at += /^[\w-]*/.exec(this.text.slice(begin))?.[0].length ?? 0;
        parts.push(this.text.slice(begin, this.at));
      }
      const dot = /^[ \t]*\./.exec(this.text.slice(this.at));
      if (!dot) return parts;
      this.at += dot[0].length;
    }
  }

  private stringEnd(): number {
    const quote = this.text[this.at];
    const fence = this.text.startsWith(quote.repeat(3), this.at) ? quote.repeat(3) : quote;
    for (let at = this.at + fence.length; at < this.text.length; at++) {
      if (quote === '"' && this.text[at] === '\\') at++;
      else if (this.text.startsWith(fence, at)) return at + fence.length;
    }
    return this.text.length;
  }

  private lineEnd(): number {
    return this.text.indexOf('\n', this.at) + 1 || this.text.length;
  }

  /** Over blanks, line ends, comments, and one more character where it is named. */
  private skip(also = ''): void {
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at];
      if (char === '#') this.at = this.lineEnd() - 1;
      else if (!/\s/.test(char) && char !== also) return;
    }
  }
}

/** A header's path with the index of the latest element of every array of tables on its way. */
function resolve(path: string[], counts: ReadonlyMap<string, number>): PropertyKey[] {
  return path.flatMap((key, index): PropertyKey[] => {
    const count = counts.get(JSON.stringify(path.slice(0, index + 1)));
    return count === undefined ? [key] : [key, count];
  });
}
