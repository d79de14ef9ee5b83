import { encodeBatch, encodeManifest, encodeSetAside, type Manifest, type SetAside } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { decodeOutcome } from './decode-outcome.js';

const plan = '0123456789abcdef';
const reject = { record: 3, column: 'quantity', code: 'not_integer', value: 'x', raw: 'YQ==' } as const;
const manifest: Manifest = { source: 1, chunk: 2, plan, records: 9, skipped: 1, slots: [0, 13], rejects: [reject] };
const setAside: SetAside = {
  ...{
    source: null,
    chunk: null,
    slot: null,
    stage: 'cleaner',
    topic: 'bronze.sales',
    partition: 1,
    offset: '9007199254740993',
  },
  ...{ code: 'MESSAGE_GARBAGE', reason: 'x', size_bytes: 4 },
};
const partition = 3;

describe('decoding an outcome', () => {
  it('gives manifests and set-asides as they were sent', () => {
    expect(decodeOutcome(encodeManifest(manifest), partition)).toEqual({ kind: 'manifest', manifest });
    expect(decodeOutcome(encodeSetAside(setAside), partition)).toEqual({ kind: 'set_aside', setAside });
  });

  it.each([
    ['of another partition', { ...manifest, chunk: 3 }],
    ['whose source no table can hold', { ...manifest, source: 2 ** 31 + 1, chunk: 2 }],
    ['with a negative count', { ...manifest, records: -1 }],
    ['with slots that are none', { ...manifest, slots: ['0'] }],
    ['without slots', { ...manifest, slots: undefined }],
    ['with a reject of an unknown code', { ...manifest, rejects: [{ ...reject, code: 'whim' }] }],
    ['with a reject at no record', { ...manifest, rejects: [{ ...reject, record: 0.5 }] }],
    ['with a reject that is null', { ...manifest, rejects: [null] }],
  ])('refuses a manifest %s', (_, wrong) => {
    expect(() => decodeOutcome(encodeManifest(wrong as Manifest), partition)).toThrow(
      expect.objectContaining({ code: 'MESSAGE_CONTRACT' }),
    );
  });

  it.each([
    ['of an offset beyond int8', { ...setAside, offset: '9223372036854775808' }],
    ['of no offset', { ...setAside, offset: 'x' }],
    ['without a reason', { ...setAside, reason: undefined }],
    ['with a slot that is no number', { ...setAside, slot: 'x' }],
  ])('refuses a set-aside %s', (_, wrong) => {
    expect(() => decodeOutcome(encodeSetAside(wrong as SetAside), partition)).toThrow(
      expect.objectContaining({ code: 'MESSAGE_CONTRACT' }),
    );
  });

  it('refuses what is neither', () => {
    const batch = encodeBatch(
      { source: 1, chunk: 2, plan, slot: 0, parts: 8, rows: 0, first_record: 1, hashes: new Uint32Array(0) },
      Buffer.alloc(4),
    );
    for (const value of [null, Buffer.alloc(0), batch]) {
      expect(() => decodeOutcome(value, partition)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^MESSAGE_/) }),
      );
    }
  });
});
