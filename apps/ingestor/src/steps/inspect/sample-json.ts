import { isJsonArray, JsonItems, readJsonBegin } from '@millrace/formats';
import type { Head } from './read-head.js';
import { SAMPLE_ROWS, type Sample } from './sample-rows.js';

/** Names that are told apart at all, in the order in which they appear. */
const MOST_NAMES = 1000;
const ITEM_BYTES = 1024 * 1024;
const LF = 0x0a;

/** The members of the first objects, and their values as text; what is no object is left out. */
export async function sampleJson(head: Head, format: 'json' | 'json_lines'): Promise<Sample> {
  const objects = format === 'json' ? await firstItems(head) : firstLines(head);
  const members = objects.map(readObject).filter((object) => object !== null);
  const names = [...new Set(members.flatMap((object) => Object.keys(object)))].slice(0, MOST_NAMES);
  return { names, rows: members.map((object) => names.map((name) => textOf(object[name]))) };
}

function firstLines({ bytes, complete }: Head): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length && lines.length < SAMPLE_ROWS; ) {
    const end = bytes.indexOf(LF, at);
    if (end < 0 && !complete) break;
    lines.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}

async function firstItems({ bytes, complete }: Head): Promise<Buffer[]> {
  const read = (position: number, into: Uint8Array) => bytes.copy(into, 0, position, position + into.length);
  const { header, header_end } = await readJsonBegin(read, bytes.length);
  const text = Buffer.concat([bytes, Buffer.alloc(1)]);
  const options = { inArray: isJsonArray(header), isBegin: header_end === 0, item_bytes: ITEM_BYTES };
  const items = new JsonItems(text, bytes.length, options, complete);
  const found: Buffer[] = [];
  for (let at = header_end; at < bytes.length && found.length < SAMPLE_ROWS && items.next(at); ) {
    const { from, to, isEmpty } = items.item;
    if (isEmpty) break;
    found.push(text.subarray(from, to));
    at = Math.max(to, at + 1);
  }
  return found;
}

function readObject(raw: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(raw.toString('utf8'));
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
