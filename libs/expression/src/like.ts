/** A pattern of LIKE, cut at its `%`. */
export interface LikePattern {
  /** Between two neighbours any characters may stand. Of each segment one entry a character: null is any one character. */
  segments: (string | null)[][];
  /** The same as texts, where no character is any one. */
  texts: string[] | null;
  insensitive: boolean;
}

/** Backslash escapes. @returns null when it ends with the escape */
export function likePattern(text: string, insensitive: boolean): LikePattern | null {
  const segments: (string | null)[][] = [[]];
  const characters = [...(insensitive ? foldCase(text) : text)];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at];
    if (character === '%') segments.push([]);
    else if (character === '_') segments[segments.length - 1].push(null);
    else if (character !== '\\') segments[segments.length - 1].push(character);
    else if (++at < characters.length) segments[segments.length - 1].push(characters[at]);
    else return null;
  }
  // Neighbouring % are one.
  const last = segments.length - 1;
  const kept = segments.filter((segment, index) => index === 0 || index === last || segment.length > 0);
  const texts = kept.some((segment) => segment.includes(null)) ? null : kept.map((segment) => segment.join(''));
  return { segments: kept, texts, insensitive };
}

/** ILIKE compares letters without regard to case, character by character. */
export function foldCase(text: string): string {
  return mapCharacters(text, (character) => character.toLowerCase());
}

/** One character for one character, as PostgreSQL does it: what becomes several stays as it is. */
export function mapCharacters(text: string, map: (character: string) => string): string {
  if (/^[\0-\x7f]*$/.test(text)) return map(text);
  let result = '';
  for (const character of text) {
    const mapped = map(character);
    result += [...mapped].length === 1 ? mapped : character;
  }
  return result;
}

/**
 * Each segment is taken at the first place where it fits, and never looked at again: time is at most that of the text times the
 * pattern's longest segment.
 */
export function matchesLike(text: string, { segments, texts, insensitive }: LikePattern): boolean {
  const folded = insensitive ? foldCase(text) : text;
  return texts === null ? fitsSegments([...folded], segments) : fitsTexts(folded, texts);
}

function fitsTexts(text: string, texts: string[]): boolean {
  const [first] = texts;
  if (texts.length === 1) return text === first;
  const last = texts[texts.length - 1];
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (let index = 1; index < texts.length - 1; index++) {
    const found = text.indexOf(texts[index], at);
    if (found < 0) return false;
    at = found + texts[index].length;
  }
  return at <= end;
}

function fitsSegments(characters: string[], segments: (string | null)[][]): boolean {
  const first = segments[0];
  if (!fitsAt(characters, first, 0)) return false;
  if (segments.length === 1) return characters.length === first.length;
  let at = first.length;
  const last = segments[segments.length - 1];
  for (let index = 1; index < segments.length - 1; index++) {
    const segment = segments[index];
    while (!fitsAt(characters, segment, at)) if (++at + segment.length > characters.length) return false;
    at += segment.length;
  }
  const end = characters.length - last.length;
  return end >= at && fitsAt(characters, last, end);
}

function fitsAt(characters: string[], segment: (string | null)[], at: number): boolean {
  if (at + segment.length > characters.length) return false;
  for (let index = 0; index < segment.length; index++) {
    const wanted = segment[index];
    if (wanted !== null && wanted !== characters[at + index]) return false;
  }
  return true;
}
