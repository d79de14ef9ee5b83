/*
 * A WebAssembly module of one function, spelt out instruction by instruction: JavaScript has no other way to look at 16 bytes at once.
 *
 *     scan(at, end, out, b0, b1, b2, b3): i32
 *
 * writes, from the address `out` on, the address (u32) of each byte of `at .. end` that is one of b0 to b3, in order, and
 * answers the address behind the last one. It reads up to 63 bytes behind `end`, and writes as many words behind what it answers.
 */

const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;
const FUNCTION = 0x60;

const BLOCK = [0x02, 0x40];
const LOOP = [0x03, 0x40];
const END = 0x0b;
const BR = 0x0c;
const BR_IF = 0x0d;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const I32_LOAD = [0x28, 2, 0];
const I32_STORE = [0x36, 2, 0];
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const I32_LE_U = 0x4d;
const I32_LT_U = 0x49;
const I32_GE_U = 0x4f;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const I64_EQZ = 0x50;
const I64_CTZ = 0x7a;
const I64_SUB = 0x7d;
const I64_AND = 0x83;
const I64_OR = 0x84;
const I64_SHL = 0x86;
const I32_WRAP = 0xa7;
const I64_EXTEND_U = 0xad;
const SIMD = 0xfd;
const V128_LOAD = (offset: number) => [SIMD, 0, 0, offset];
const I8X16_SPLAT = [SIMD, 15];
const I8X16_EQ = [SIMD, 35];
const V128_OR = [SIMD, 80];
const I8X16_BITMASK = [SIMD, 100];

/** Parameters, then locals. */
const AT = 0;
const END_AT = 1;
const OUT = 2;
const BYTES = [3, 4, 5, 6];
const OUT_BEGIN = 7;
const MASK = 8;
const VECTORS = [9, 10, 11, 12];
const CHUNK = 13;

/** A bit for each of the 16 bytes at `at + offset` that is a stop, shifted to where it belongs among 64. */
function maskAt(offset: number): number[] {
  const matches = VECTORS.flatMap((vector, index) => [
    ...(index === 0 ? [LOCAL_GET, AT, ...V128_LOAD(offset), LOCAL_TEE, CHUNK] : [LOCAL_GET, CHUNK]),
    ...[LOCAL_GET, vector, ...I8X16_EQ],
    ...(index === 0 ? [] : V128_OR),
  ]);
  return [...matches, ...I8X16_BITMASK, I64_EXTEND_U, I64_CONST, offset, I64_SHL];
}

const body = [
  ...VECTORS.flatMap((vector, index) => [LOCAL_GET, BYTES[index], ...I8X16_SPLAT, LOCAL_SET, vector]),
  ...[LOCAL_GET, OUT, LOCAL_SET, OUT_BEGIN],
  // while (at < end)
  ...BLOCK,
  ...LOOP,
  ...[LOCAL_GET, AT, LOCAL_GET, END_AT, I32_GE_U, BR_IF, 1],
  // mask = a bit for each of the next 64 bytes
  ...[...maskAt(0), ...maskAt(16), I64_OR, ...maskAt(32), I64_OR, ...maskAt(48), I64_OR, LOCAL_SET, MASK],
  // while (mask != 0) { *out = at + ctz(mask); out += 4; mask &= mask - 1 }
  ...BLOCK,
  ...LOOP,
  ...[LOCAL_GET, MASK, I64_EQZ, BR_IF, 1],
  ...[LOCAL_GET, OUT, LOCAL_GET, AT, LOCAL_GET, MASK, I64_CTZ, I32_WRAP, I32_ADD, ...I32_STORE],
  ...[LOCAL_GET, OUT, I32_CONST, 4, I32_ADD, LOCAL_SET, OUT],
  ...[LOCAL_GET, MASK, LOCAL_GET, MASK, I64_CONST, 1, I64_SUB, I64_AND, LOCAL_SET, MASK],
  ...[BR, 0, END, END],
  // at += 64, a constant of two bytes
  ...[LOCAL_GET, AT, I32_CONST, 0xc0, 0, I32_ADD, LOCAL_SET, AT],
  ...[BR, 0, END, END],
  // while (out > out_begin && out[-1] >= end) out -= 4
  ...BLOCK,
  ...LOOP,
  ...[LOCAL_GET, OUT, LOCAL_GET, OUT_BEGIN, I32_LE_U, BR_IF, 1],
  ...[LOCAL_GET, OUT, I32_CONST, 4, I32_SUB, ...I32_LOAD, LOCAL_GET, END_AT, I32_LT_U, BR_IF, 1],
  ...[LOCAL_GET, OUT, I32_CONST, 4, I32_SUB, LOCAL_SET, OUT],
  ...[BR, 0, END, END],
  ...[LOCAL_GET, OUT, END],
];

/** Of at most 2^14 - 1, as WebAssembly writes sizes: seven bits a byte. */
const sized = (content: number[]) => [(content.length & 0x7f) | 0x80, content.length >> 7, ...content];
const nameOf = (name: string) => [name.length, ...Buffer.from(name)];
const section = (id: number, content: number[]) => [id, ...sized(content)];

const locals = [4, 1, I32, 1, I64, VECTORS.length, V128, 1, V128];

export const SCAN_MODULE = Uint8Array.from([
  ...[0, ...Buffer.from('asm'), 1, 0, 0, 0],
  // One type: seven i32 give one.
  ...section(1, [1, FUNCTION, 7, ...Array.from({ length: 7 }, () => I32), 1, I32]),
  // The memory is imported: of at least one page.
  ...section(2, [1, ...nameOf('js'), ...nameOf('memory'), 2, 0, 1]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...nameOf('scan'), 0, 0]),
  ...section(10, [1, ...sized([...locals, ...body])]),
]);
