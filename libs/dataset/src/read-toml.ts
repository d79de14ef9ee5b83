import { parse, TomlDate, TomlError } from 'smol-toml';
import { type Place, type ReadText, SyntaxFault } from './parse.js';
import { LITERAL_FIELDS, LITERAL_LISTS } from './schema.js';
import { TomlPlaces } from './toml-places.js';

/** @throws SyntaxFault */
export function readToml(text: string): ReadText {
  let values: unknown;
  try {
    values = parse(text, { integersAsBigInt: 'asNeeded' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new SyntaxFault([{ line: error.line, col: error.column, message: firstLine(error.message) }]);
  }
  const places = new TomlPlaces(text);
  return {
    values: plainValues(values, [], (path) => places.literalOf(path)),
    placeOf: (path): Place => places.placeOf(path),
  };
}

const firstLine = (message: string) => message.split('\n')[0].replace(/^Invalid TOML document: /, '');

/** Dates as text; bounds, defaults and words as they are written, as in YAML. */
function plainValues(
  value: unknown,
  path: PropertyKey[],
  literalOf: (path: PropertyKey[]) => string | undefined,
): unknown {
  if (value instanceof TomlDate) return value.toISOString().replace(/^1970-01-01T(?=\d\d:\d\d:\d\d$)/, '');
  if (Array.isArray(value)) return value.map((item, index) => plainValues(item, [...path, index], literalOf));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, plainValues(inner, [...path, key], literalOf)]),
    );
  }
  if (typeof value === 'string' || value === undefined) return value;
  const isField = LITERAL_FIELDS.includes(String(path.at(-1)));
  const isWord = typeof path.at(-1) === 'number' && LITERAL_LISTS.includes(String(path.at(-2)));
  return isField || isWord ? ((isField ? literalOf(path) : undefined) ?? String(value)) : value;
}
