import { describe, expect, it } from 'vitest';
import { decodeText, detectEncoding } from './encoding.js';

const encodingOf = (raw: Buffer, complete = true) => detectEncoding(raw, { complete }).encoding;
const swapped = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('detectEncoding', () => {
  it('goes by the byte order mark', () => {
    expect(encodingOf(Buffer.from('\ufeffa,b\n'))).toBe('utf-8');
    expect(encodingOf(Buffer.from('\ufeffa,b\n', 'utf16le'))).toBe('utf-16le');
    expect(encodingOf(swapped('\ufeffa,b\n'))).toBe('utf-16be');
  });

  it('finds UTF-16 without a mark by its zero bytes, in few Latin letters too', () => {
    expect(encodingOf(Buffer.from('id,name\n1,x\n', 'utf16le'))).toBe('utf-16le');
    expect(encodingOf(swapped('id,name\n1,x\n'))).toBe('utf-16be');
    expect(encodingOf(Buffer.from('名前,住所\n山田,東京\n佐藤,大阪\n', 'utf16le'))).toBe('utf-16le');
  });

  it('is UTF-8 for ASCII, for what is valid, for a few bytes that are not, and for NUL bytes here and there', () => {
    expect(encodingOf(Buffer.from('a,b\n'))).toBe('utf-8');
    expect(encodingOf(Buffer.from('café,naïve\n'))).toBe('utf-8');
    expect(encodingOf(Buffer.concat([Buffer.from('é,ü,ß\n'), Buffer.from([0xe9, 0x0a])]))).toBe('utf-8');
    expect(encodingOf(Buffer.from('a\0,b\nc,\0d\n'))).toBe('utf-8');
    expect(encodingOf(Buffer.alloc(0))).toBe('utf-8');
  });

  it('is windows-1252 for what is no UTF-8', () => {
    const raw = Buffer.from('caf\xe9,na\xefve,\x80 5\n', 'latin1');
    expect(encodingOf(raw)).toBe('windows-1252');
    expect(decodeText(raw, 'windows-1252')).toBe('café,naïve,€ 5\n');
  });

  it('does not mind a character cut in two where the text goes on', () => {
    const raw = Buffer.from('a,€').subarray(0, 4);
    expect(encodingOf(raw, false)).toBe('utf-8');
    expect(encodingOf(raw, true)).toBe('windows-1252');
  });

  it('says why', () => {
    expect(detectEncoding(Buffer.from('a\xe9', 'latin1')).finding).toBe('Encoding windows-1252: 1 bytes are no UTF-8.');
  });
});
