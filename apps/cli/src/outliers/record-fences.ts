import { readFileSync, writeFileSync } from 'node:fs';
import { MillraceError } from '@millrace/contracts';
import { parseConfig } from '@millrace/dataset';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import type { Fences } from './fit-fences.js';

/**
 * Writes fences into a YAML config, and changes nothing else in it.
 * @throws MillraceError CONFIG_INVALID for a TOML one, and for a rule that is written where it cannot be changed in place
 */
export function recordFences(file: string, fences: readonly Fences[]): void {
  if (/\.toml$/i.test(file)) {
    const lines = fences.map(({ column, low, high }) => `${column}: low = "${low}", high = "${high}"`);
    const message = `TOML is not written: put in yourself ${lines.join('; ')}`;
    throw new MillraceError('CONFIG_INVALID', message, { place: { file } });
  }
  let text = readFileSync(file, 'utf8');
  const names = parseConfig(text, file).columns.map(({ name }) => name);
  for (const { column, low, high } of fences) {
    for (const [field, value] of [
      ['high', high],
      ['low', low],
    ] as const) {
      text = withField(text, ['columns', names.indexOf(column), 'outliers'], field, JSON.stringify(value));
    }
  }
  parseConfig(text, file);
  writeFileSync(file, text);
}

/** The text with one field of a map set: its value replaced, or the field put behind the map's first one. */
function withField(text: string, path: (string | number)[], field: string, literal: string): string {
  const map = parseDocument(text).getIn(path, true);
  const first = isMap(map) ? map.items[0] : undefined;
  if (!isMap(map) || !isScalar(first?.key) || !isScalar(first.value) || !first.key.range || !first.value.range) {
    throw new MillraceError(
      'CONFIG_INVALID',
      `${path.join('.')} is no plain map: put ${field}: ${literal} in yourself`,
    );
  }
  const known = map.get(field, true);
  if (isScalar(known) && known.range) return spliced(text, known.range[0], known.range[1], literal);
  const [begin] = first.key.range;
  const [, end] = first.value.range;
  return spliced(text, end, end, `${separator(text, map, begin)}${field}: ${literal}`);
}

/** Within braces a comma; in a block a line of the same indentation. */
function separator(text: string, map: YAMLMap, begin: number): string {
  if (map.flow) return ', ';
  const line = text.lastIndexOf('\n', begin - 1) + 1;
  return `\n${' '.repeat(begin - line)}`;
}

function spliced(text: string, from: number, to: number, replacement: string): string {
  return text.slice(0, from) + replacement + text.slice(to);
}
