import type { DictionaryColumn } from '@millrace/columnar';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextIds } from './text-ids.js';

function dictionaryOf(texts: string[]): DictionaryColumn {
  const offsets = new Uint32Array(texts.length + 1);
  texts.forEach((text, code) => {
    offsets[code + 1] = offsets[code] + Buffer.byteLength(text);
  });
  return { encoding: 'dictionary', codes: new Uint16Array(0), bytes: Buffer.from(texts.join('')), offsets };
}

describe('text ids', () => {
  it('are one for equal texts, over dictionaries, single texts and growth', () => {
    const texts = fc.array(fc.oneof(fc.string({ maxLength: 12, unit: 'binary' }), fc.constantFrom('', 'a', 'b')), {
      maxLength: 1500,
    });
    fc.assert(
      fc.property(texts, texts, (first, second) => {
        const ids = new TextIds();
        const known = new Map<string, number>();
        for (const list of [first, second]) {
          const found = [...ids.idsOf(dictionaryOf(list))].slice(0, list.length);
          list.forEach((text, code) => {
            if (!known.has(text)) known.set(text, known.size);
            expect(found[code]).toBe(known.get(text));
          });
        }
        for (const [text, id] of known) expect([ids.idOf(text), ids.textOf(id)]).toEqual([id, text]);
      }),
      { numRuns: 20 },
    );
  });
});
