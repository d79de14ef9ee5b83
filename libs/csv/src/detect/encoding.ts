import { isAscii, isUtf8 } from 'node:buffer';
import type { Encoding } from '@millrace/contracts';

export interface FoundEncoding {
  encoding: Encoding;
  /** 0..1: how sure it is. */
  confidence: number;
  /** A sentence that says why. */
  finding: string;
}

/** As much is looked at: what the first bytes do not show, nothing else decides. */
const LOOKED_AT_BYTES = 64 * 1024;

/** Zero bytes must be so frequent at one parity, and so much rarer at the other, before text counts as UTF-16 without a BOM. */
const ZERO_SHARE = 0.05;
const ZERO_RATIO = 20;

/**
 * The encoding of a text's first bytes: by its BOM, by zero bytes at every other place (UTF-16), by whether it is UTF-8;
 * what is none of these is taken as windows-1252, whose letters are those of ISO-8859-1 too.
 * @param options.complete whether `raw` is the whole text: else it may end within a character
 */
export function detectEncoding(raw: Buffer, options: { complete?: boolean } = {}): FoundEncoding {
  const head = raw.subarray(0, LOOKED_AT_BYTES);
  const cut = head.length < raw.length || options.complete === false;
  return byMark(head) ?? byZeros(head) ?? byValidity(head, cut);
}

/** The text of bytes in this encoding, without a BOM; what is invalid becomes U+FFFD. */
export function decodeText(raw: Uint8Array, encoding: Encoding): string {
  return new TextDecoder(encoding).decode(raw);
}

function byMark(head: Buffer): FoundEncoding | null {
  const found = (encoding: Encoding, name: string) => ({
    encoding,
    confidence: 1,
    finding: `Encoding ${encoding}: the text begins with the byte order mark of ${name}.`,
  });
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return found('utf-8', 'UTF-8');
  if (head[0] === 0xff && head[1] === 0xfe) return found('utf-16le', 'UTF-16, low byte first');
  if (head[0] === 0xfe && head[1] === 0xff) return found('utf-16be', 'UTF-16, high byte first');
  return null;
}

function byZeros(head: Buffer): FoundEncoding | null {
  if (!head.includes(0)) return null;
  const zeros = [0, 0];
  for (let at = 0; at < head.length; at++) if (head[at] === 0) zeros[at & 1]++;
  const [even, odd] = zeros;
  const pairs = head.length / 2;
  if (Math.max(even, odd) < ZERO_SHARE * pairs || Math.min(even, odd) * ZERO_RATIO > Math.max(even, odd)) return null;
  if (!hasWideLineEnds(head, odd > even)) return null;
  const encoding = odd > even ? 'utf-16le' : 'utf-16be';
  const share = Math.round((100 * Math.max(even, odd)) / pairs);
  return { encoding, confidence: 0.95, finding: `Encoding ${encoding}: ${share} % of every other byte are zero.` };
}

/** In UTF-16 a zero stands beside a line feed; in text that merely holds some NUL bytes it does not. */
function hasWideLineEnds(head: Buffer, low_first: boolean): boolean {
  let feeds = 0;
  let wide = 0;
  for (let at = head.indexOf(0x0a); at >= 0; at = head.indexOf(0x0a, at + 1)) {
    feeds++;
    if (at % 2 === (low_first ? 0 : 1) && head[low_first ? at + 1 : at - 1] === 0) wide++;
  }
  return 2 * wide >= feeds;
}

function byValidity(head: Buffer, cut: boolean): FoundEncoding {
  if (isUtf8(cut ? withoutCutCharacter(head) : head)) {
    const finding = isAscii(head) ? 'Encoding utf-8: there is ASCII only.' : 'Encoding utf-8: every byte is valid.';
    return { encoding: 'utf-8', confidence: 1, finding };
  }
  const { characters, invalid } = countSequences(head);
  if (characters >= invalid) {
    const finding = `Encoding utf-8: ${characters} characters of several bytes are valid, ${invalid} bytes are not.`;
    return { encoding: 'utf-8', confidence: 0.8, finding };
  }
  const finding = `Encoding windows-1252: ${invalid} bytes are no UTF-8.`;
  return { encoding: 'windows-1252', confidence: 0.7, finding };
}

/** Without a character of several bytes that the end of the bytes cuts in two. */
function withoutCutCharacter(head: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, head.length); back++) {
    const byte = head[head.length - back];
    if (byte < 0x80) return head;
    if (byte >= 0xc0) return head.subarray(0, head.length - back);
  }
  return head;
}

/** How many well-formed characters of several bytes there are, and how many bytes above ASCII beside them. */
function countSequences(head: Buffer): { characters: number; invalid: number } {
  let characters = 0;
  let invalid = 0;
  for (let at = 0; at < head.length; at++) {
    if (head[at] < 0x80) continue;
    const size = head[at] >= 0xf0 ? 4 : head[at] >= 0xe0 ? 3 : 2;
    if (head[at] >= 0xc2 && at + size <= head.length && isUtf8(head.subarray(at, at + size))) {
      characters++;
      at += size - 1;
    } else {
      invalid++;
    }
  }
  return { characters, invalid };
}
