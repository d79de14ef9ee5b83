/** A series as an expression selects it: its name, and the labels that it is matched by. */
export interface Selector {
  name: string;
  labels: string[];
}

const KEYWORDS = new Set(
  'and or unless on ignoring group_left group_right by without bool offset sum min max avg count'.split(' '),
);

/** The selectors of a PromQL expression: every name that is neither a function nor a word of the language. */
export function selectorsOf(expr: string): Selector[] {
  const selectors: Selector[] = [];
  // Lists of labels are no selectors.
  const bare = withoutComments(expr).replaceAll(/\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  const found = bare.matchAll(/"[^"]*"|([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\()?/g);
  for (const [, name, behind = ''] of found) {
    if (name === undefined || behind === '(' || KEYWORDS.has(name)) continue;
    // A unit of time after its number, as in [15m], is no name.
    const labels = [...behind.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label);
    selectors.push({ name, labels });
  }
  return selectors;
}

/** The labels that an expression groups or joins by. */
export function groupingLabelsOf(expr: string): string[] {
  const lists = withoutComments(expr).matchAll(/\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)/g);
  return [...lists].flatMap(([, list]) => list.split(',').map((label) => label.trim())).filter((label) => label !== '');
}

/** The labels that an expression makes itself. */
export function madeLabelsOf(expr: string): string[] {
  // Of label_replace(v, "made", "value", "from", "regex").
  const made = expr.matchAll(/"([a-z_]+)",\s*"[^"]*",\s*"[^"]*",\s*"[^"]*"\s*\)/g);
  return [...made].map(([, label]) => label);
}

/** The labels of the series that it selects which an annotation shows. */
export function labelsShownBy(text: string): string[] {
  return [...text.matchAll(/\$labels\.([a-z_]+)/g)].map(([, label]) => label);
}

function withoutComments(expr: string): string {
  return expr
    .replaceAll(/#[^\n]*/g, '')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\boffset\s+\w+/g, ' ');
}
