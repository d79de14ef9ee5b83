import { splitJson, splitNdjson } from '@millrace/formats';
import { FieldProfile } from './field-profile.js';
import { FIRST_ROWS, type FileSample } from './sample.js';
import { textBytes } from './sample-csv.js';
import { headOf, type SampledFile } from './sample-file.js';

/** Fields that are named at all, in order of appearance. */
const MOST_FIELDS = 1000;

export async function sampleJson(file: SampledFile, format: 'json_lines' | 'json'): Promise<FileSample> {
  const text = await headOf(file.content({ encoding: 'utf-8', format }), file.text_bytes);
  const complete = text.length < file.text_bytes;
  const all = format === 'json_lines' ? splitNdjson(wholeLines(text, complete)) : elements(text, complete);
  const profiles = new Map<string, FieldProfile>();
  const first: Map<string, string>[] = [];
  let rows = 0;
  let bad = 0;
  let seen_bytes = 0;
  for (const raw of all.slice(0, file.rows)) {
    seen_bytes += raw.length + 1;
    const object = readObject(raw);
    if (!object) {
      bad++;
      continue;
    }
    for (const name of object.keys()) {
      if (!profiles.has(name) && profiles.size < MOST_FIELDS) profiles.set(name, profileFrom(name, rows));
    }
    if (first.length < FIRST_ROWS) first.push(object);
    for (const [name, profile] of profiles) profile.add(object.get(name) ?? '');
    rows++;
  }
  const whole = complete && all.length <= file.rows;
  return {
    path: file.path,
    format,
    compression: file.compression,
    dialect: null,
    findings: bad > 0 ? [`${bad} of ${rows + bad} records are no JSON objects: they will be rejects.`] : [],
    fields: [...profiles.values()],
    declared: null,
    rows,
    first_rows: first.map((object) => [...profiles.keys()].map((name) => object.get(name) ?? '')),
    complete: whole,
    rows_in_file: whole ? rows : null,
    size_bytes: file.size_bytes,
    text_bytes: textBytes(file, text.length, complete),
    sampled_bytes: Math.max(seen_bytes, 1),
  };
}

function wholeLines(text: Buffer, complete: boolean): Buffer {
  return complete ? text : text.subarray(0, text.lastIndexOf(10) + 1);
}

/** The elements of an array; of one that goes on behind the sample, those before its last comma outside of them that parse. */
function elements(text: Buffer, complete: boolean): Buffer[] {
  if (complete) return splitJson(text);
  for (
    let end = text.lastIndexOf('}'), tries = 0;
    end > 0 && tries < 100;
    end = text.lastIndexOf('}', end - 1), tries++
  ) {
    try {
      return splitJson(Buffer.concat([text.subarray(0, end + 1), Buffer.from(']')]));
    } catch {
      // That brace was within an element: the one before may end it.
    }
  }
  return [];
}

function profileFrom(name: string, rows: number): FieldProfile {
  const profile = new FieldProfile(name);
  for (let row = 0; row < rows; row++) profile.add('');
  return profile;
}

/** Members as the cleaner would see them: strings as they are, numbers as they are written, objects and arrays as JSON. */
function readObject(raw: Buffer): Map<string, string> | null {
  let value: unknown;
  try {
    // Node tells how a number was written, which its value may not.
    value = JSON.parse(raw.toString('utf8'), function keep(this: unknown, _key, inner, context?: { source?: string }) {
      return typeof inner === 'number' ? new Literal(context?.source ?? String(inner)) : inner;
    } as (key: string, value: unknown) => unknown);
  } catch {
    return null;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Literal) return null;
  return new Map(Object.entries(value).map(([name, member]) => [name, textOf(member)]));
}

class Literal {
  constructor(readonly text: string) {}

  /** In nested JSON its digits do not matter: only that it is JSON. */
  toJSON(): number {
    return Number(this.text);
  }
}

function textOf(member: unknown): string {
  if (member === null) return '';
  if (member instanceof Literal) return member.text;
  return typeof member === 'object' ? JSON.stringify(member) : String(member);
}
